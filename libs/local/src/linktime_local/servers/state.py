"""A server's state folder: its lock, its secrets, and servers left by a killed owner."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import stat
import time
from pathlib import Path

from linktime_common.private_files import read_kept, read_regular, write_private
from linktime_common.process_table import command_line
from linktime_local.servers.errors import ServerUnavailable

LEFTOVER_STOP_SECONDS = 20.0
OWNER_ONLY = 0o700
PASSAGE = 0o711
"""Other accounts may enter the folder, but not list it."""


class StateFolder:
    """The persistent files of one private server, readable by their owner only.

    `mode` is PASSAGE if the server runs as another account with its data in this folder.
    """

    def __init__(self, path: Path, mode: int = OWNER_ONLY) -> None:
        self.path = path.absolute()
        self._mode = mode
        self._lock: int | None = None

    def claim(self, what: str) -> None:
        """Lock the folder until `release`; raises ServerUnavailable when another process has it."""
        self._make()
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise ServerUnavailable(
                f"{what} is already running on {self.path}; stop that one first."
            ) from error
        self._lock = descriptor

    def release(self) -> None:
        """Unlock the folder; no-op if it is not locked."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def secret(self, name: str) -> str:
        """Return a random password, created by the first call and stored.

        Raises ServerUnavailable if its file is damaged.
        """
        path = self.secret_file(name)
        found = read_line(path)
        if found is None:
            found = secrets.token_urlsafe(24)
            write_private(path, found)
        return found

    def secret_file(self, name: str) -> Path:
        """Return the file of a password."""
        return self.path / f"{name}.secret"

    def _make(self) -> None:
        # An existing folder that may have other uses keeps its mode.
        if self.path.exists() and not (self.path / "lock").exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.path.stat().st_mode & stat.S_ISVTX:
            self.path.chmod(self._mode)


def read_line(path: Path) -> str | None:
    """Return the line that the file keeps, or None; raises ServerUnavailable if it is damaged."""
    try:
        return read_kept(path)
    except ValueError as error:
        raise ServerUnavailable(f"{path} is damaged: restore it from a backup.") from error


def close_to_others(path: Path) -> None:
    """Remove all permissions of group and others from a file, or from a folder recursively."""
    inside = [
        Path(folder, name)
        for folder, folders, files in os.walk(path)
        for name in (*folders, *files)
    ]
    for one in (path, *inside):
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            mode = one.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                one.chmod(stat.S_IMODE(mode) & OWNER_ONLY)


async def stop_leftover(pid_file: Path, *, sign: str, stop_signal: int) -> None:
    """Stop a server left by a killed owner.

    The pid may be another program's by now, so the command line must contain `sign`. Call it with
    the state folder claimed, so that the server has no other owner.
    """
    pid = _pid_in(pid_file)
    deadline = time.monotonic() + LEFTOVER_STOP_SECONDS
    number = stop_signal
    while pid is not None and sign in (command_line(pid) or ""):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # a suspended process ignores signals
        await asyncio.sleep(0.1)
        if time.monotonic() > deadline:
            number = signal.SIGKILL
    # Otherwise a server would refuse to start once the old pid is another program's.
    _remove(pid_file)


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(read_regular(pid_file).split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _remove(pid_file: Path) -> None:
    pid_file.unlink(missing_ok=True)
