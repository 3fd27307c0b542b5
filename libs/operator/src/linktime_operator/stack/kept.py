"""Passwords, keys and tokens made once and kept in the state folder, for its owner's eyes only."""

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
    """One file a secret, mode 0600, in a folder that only its owner enters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def password(self, name: str) -> str:
        """A random password, made at the first call and the same ever after."""
        return self._kept(name, lambda: secrets.token_urlsafe(24))

    def key(self, name: str) -> str:
        """Base64url of 32 random bytes, made at the first call and the same ever after."""
        return self._kept(
            name, lambda: urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        )

    def read(self, name: str) -> str | None:
        """What is kept under that name."""
        path = self._folder / name
        return path.read_text() if path.exists() else None

    def write(self, name: str, secret: str) -> None:
        """Keep a secret that was made elsewhere."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._folder / name, secret)

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        found = self.read(name)
        if found is None:
            found = make()
            self.write(name, found)
        return found
