"""Passwords, keys and tokens, created once and kept in the state folder."""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from linktime_common.identity import SECRET_BYTES
from linktime_common.private_files import read_kept, write_private
from linktime_operator.errors import StackError

_OF_DEMO_HOST = "demo-"
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]+")


class KeptPasswords(Protocol):
    """Passwords by name, such as `postgres-bookings`; the same at every call."""

    def password(self, name: str) -> str: ...


class KeptSecrets:
    """One file per secret, mode 0600, in a folder with mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def password(self, name: str) -> str:
        """Return a random password, created at the first call and kept."""
        return self._kept(name, lambda: secrets.token_urlsafe(24), _is_url_safe)

    def key(self, name: str) -> str:
        """Return base64url of 32 random bytes, created at the first call and kept."""
        return self._kept(name, _new_key, _is_key)

    def read(self, name: str) -> str | None:
        """Return the stored secret, or None; raises StackError if its file is damaged."""
        path = self._folder / name
        try:
            return read_kept(path)
        except ValueError as error:
            raise _damaged(path) from error

    def read_id(self, name: str) -> UUID | None:
        """Return the stored id, or None; raises StackError if its file is damaged."""
        path = self._folder / name
        try:
            found = read_kept(path)
            return None if found is None else UUID(found)
        except ValueError as error:
            raise StackError(
                f"{path} is damaged: restore it from a backup, or remove it and start LinkTime "
                "again."
            ) from error

    def write(self, name: str, secret: str) -> None:
        """Store a secret that was created elsewhere."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._folder / name, secret)

    def remove(self, name: str) -> None:
        """Remove a stored secret, if there is one."""
        (self._folder / name).unlink(missing_ok=True)

    def made(self) -> dict[str, date]:
        """Return the days, in UTC, on which the secrets were written, without the demo host's.

        They are the modification times of the files, so copies of the folder must keep these.
        """
        files = self._folder.glob("[!.]*") if self._folder.is_dir() else ()
        return {
            path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
            for path in sorted(files)
            if not path.suffix and not path.name.startswith(_OF_DEMO_HOST)
        }

    def _kept(self, name: str, make: Callable[[], str], is_valid: Callable[[str], bool]) -> str:
        found = self.read(name)
        if found is None:
            found = make()
            self.write(name, found)
        elif not is_valid(found):
            raise _damaged(self._folder / name)
        return found


def _new_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _is_key(text: str) -> bool:
    if not _URL_SAFE.fullmatch(text.rstrip("=")):
        return False
    try:
        return len(urlsafe_b64decode(text)) == SECRET_BYTES
    except ValueError:
        return False


def _is_url_safe(text: str) -> bool:
    return _URL_SAFE.fullmatch(text) is not None


def _damaged(path: Path) -> StackError:
    return StackError(
        f"{path} is damaged: restore it from a backup, or remove it to create another secret, with "
        "which nothing can be used that was signed or encrypted before."
    )
