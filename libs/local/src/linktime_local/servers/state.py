"""A server's state folder: one owner at a time, secrets kept, leftovers of a killed owner found."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import stat
import time
from pathlib import Path

from linktime_common.private_files import write_private
from linktime_common.process_table import command_line
from linktime_local.servers.errors import ServerUnavailable

LEFTOVER_STOP_SECONDS = 20.0
OWNER_ONLY = 0o700
PASSAGE = 0o711
"""Others may pass through the folder to what they may read there, and see nothing of it."""


class StateFolder:
    """Where one private server keeps what must survive a restart; only its owner reads it.

    `mode` is PASSAGE where a server that runs as another account keeps its data below.
    """

    def __init__(self, path: Path, mode: int = OWNER_ONLY) -> None:
        self.path = path.absolute()
        self._mode = mode
        self._lock: int | None = None

    def claim(self, what: str) -> None:
        """Make the folder ours until `release`; raises ServerUnavailable when another has it."""
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
        """Let another process claim the folder; harmless when it is not ours."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def secret(self, name: str) -> str:
        """A random password, made at the first call and the same ever after."""
        path = self.path / f"{name}.secret"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def _make(self) -> None:
        # A folder that existed before, for other uses as well, keeps its mode.
        if self.path.exists() and not (self.path / "lock").exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.path.stat().st_mode & stat.S_ISVTX:
            self.path.chmod(self._mode)


def close_to_others(path: Path) -> None:
    """Take all rights of group and others away from a file, or a folder and what it holds."""
    inside = [
        Path(folder, name)
        for folder, folders, files in os.walk(path)
        for name in (*folders, *files)
    ]
    for one in (path, *inside):
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            mode = one.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                one.chmod(stat.S_IMODE(mode) & OWNER_ONLY)


async def stop_leftover(pid_file: Path, *, sign: str, stop_signal: int) -> None:
    """Stop the server a killed owner left behind, if its pid still belongs to such a server.

    `sign` is text its command line holds; the pid may long be another program's.
    Call it only with the state folder claimed: then the server has no living owner.
    """
    pid = _pid_in(pid_file)
    deadline = time.monotonic() + LEFTOVER_STOP_SECONDS
    wanted = stop_signal
    while pid is not None and sign in (command_line(pid) or ""):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, wanted)
            os.kill(pid, signal.SIGCONT)  # a stopped one would not notice
        await asyncio.sleep(0.1)
        if time.monotonic() > deadline:
            wanted = signal.SIGKILL
    # Else a server would refuse to start once its old number is another program's.
    _forget(pid_file)


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _forget(pid_file: Path) -> None:
    pid_file.unlink(missing_ok=True)
