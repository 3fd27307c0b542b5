"""A server's state folder: one owner at a time, secrets kept, leftovers of a killed owner found."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import time
from pathlib import Path

from linktime_common.servers.errors import ServerUnavailable
from linktime_common.servers.process_table import command_line

LEFTOVER_STOP_SECONDS = 20.0


class StateFolder:
    """Where one private server keeps what must survive a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    def claim(self, what: str) -> None:
        """Make the folder ours until `release`; raises ServerUnavailable when another has it."""
        self.path.mkdir(parents=True, exist_ok=True)
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


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


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
