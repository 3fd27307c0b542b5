"""Passwords, keys and tokens, created once and kept in the state folder."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from linktime_common.identity import SECRET_BYTES
from linktime_common.private_files import write_private


class KeptPasswords(Protocol):
    """Passwords by name, such as `postgres-bookings`; the same at every call."""

    def password(self, name: str) -> str: ...


class KeptSecrets:
    """One file per secret, mode 0600, in a folder with mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def password(self, name: str) -> str:
        """Return a random password, created at the first call and kept."""
        return self._kept(name, lambda: secrets.token_urlsafe(24))

    def key(self, name: str) -> str:
        """Return base64url of 32 random bytes, created at the first call and kept."""
        return self._kept(
            name, lambda: urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        )

    def read(self, name: str) -> str | None:
        """Return the stored secret, or None."""
        path = self._folder / name
        return path.read_text() if path.exists() else None

    def write(self, name: str, secret: str) -> None:
        """Store a secret that was created elsewhere."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._folder / name, secret)

    def remove(self, name: str) -> None:
        """Remove a stored secret, if there is one."""
        (self._folder / name).unlink(missing_ok=True)

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        found = self.read(name)
        if found is None:
            found = make()
            self.write(name, found)
        return found
