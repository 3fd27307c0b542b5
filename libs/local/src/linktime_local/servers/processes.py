"""Child processes that end with this one: process group, parent-death signal, stop time-out."""

import asyncio
import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from linktime_common.process_table import command_line, descendants
from linktime_local.servers.errors import ServerUnavailable

POLL_SECONDS = 0.02
Argument = str | Path

# Runs between fork and the program, instead of `preexec_fn` (unsafe with threads). The umask makes
# files private. It changes the user first, because that clears the parent-death signal; it resets
# SIGPIPE, which Python ignores and exec would inherit.
_LAUNCH = """
import ctypes, json, os, signal, sys
given = json.loads(sys.argv[1])
os.umask(0o077)
if given["uid"] is not None:
    os.setgroups([])
    os.setgid(given["gid"])
    os.setuid(given["uid"])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, given["death_signal"], 0, 0, 0)
if os.getppid() != given["parent"]:
    sys.exit("the parent is gone")
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
os.execvpe(given["args"][0], given["args"], os.environ)
"""


@dataclass(frozen=True)
class SystemAccount:
    """An operating system account to run a child process as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> Self | None:
        """Return the account of that name, or None."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(name, entry.pw_uid, entry.pw_gid)


class ChildProcess:
    """A running program, leader of a new session and process group.

    On Linux it receives `stop_signal` when the thread that started it ends, so start children in
    the main thread. On other systems a killed parent leaves it running.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path, stop_signal: int) -> None:
        self._process = process
        self._stop_signal = stop_signal
        self.log = log

    @classmethod
    def start(
        cls,
        args: Sequence[Argument],
        *,
        env: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
        account: SystemAccount | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> Self:
        """Start `args` with exactly `env`, without a shell; append its output to `log`.

        If the program cannot be executed, the child exits with the reason in the log.
        """
        launch = {
            "args": [str(arg) for arg in args],
            "uid": account.uid if account else None,
            "gid": account.gid if account else None,
            "death_signal": int(stop_signal),
            "parent": os.getpid(),
        }
        # Private regardless of the umask.
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as output:
            process = subprocess.Popen(  # noqa: S603 - a list, no shell
                [sys.executable, "-I", "-S", "-c", _LAUNCH, json.dumps(launch)],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process, log, stop_signal)

    @property
    def pid(self) -> int:
        """The id of the process and of its group."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code; None while it runs, negative if a signal ended it."""
        return self._process.poll()

    async def wait(self, within: float | None = None) -> int | None:
        """Wait for its end and return the exit code, or None after `within` seconds."""
        deadline = None if within is None else time.monotonic() + within
        # Polled, since a child may outlive the event loop that started it.
        while self.returncode is None:
            if deadline is not None and time.monotonic() > deadline:
                return None
            await asyncio.sleep(POLL_SECONDS)
        return self.returncode

    async def stop(self, *, within: float) -> bool:
        """Send the stop signal, wait `within` seconds, then kill it and its descendants.

        Returns True when it ended in time with exit code 0 or by the stop signal.
        """
        if self.returncode is None:
            self.resume()
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self._stop_signal)
            await self.wait(within)
        clean = self.returncode in (0, -self._stop_signal)
        await self.kill()
        return clean

    async def kill(self) -> None:
        """Kill it, its group and its descendants with SIGKILL, and wait for their end."""
        family = list(self._signal_all(signal.SIGKILL))
        self._process.wait()
        for pid in family:
            while command_line(pid) is not None:  # noqa: ASYNC110 - a grandchild cannot be awaited
                await asyncio.sleep(POLL_SECONDS)

    def pause(self) -> None:
        """Suspend it and its descendants with SIGSTOP: connections stay open without responses."""
        list(self._signal_all(signal.SIGSTOP))

    def resume(self) -> None:
        """Undo `pause`; no-op for a running process."""
        list(self._signal_all(signal.SIGCONT))

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of its log, for an error message."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _signal_all(self, number: int) -> Iterator[int]:
        # PostgreSQL's and Erlang's helpers leave the group, so descendants are signalled as well.
        running = self.returncode is None
        family = descendants(self.pid) if running else []
        # After its end the id may be reused for a process, but not while its group exists.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                yield pid


async def run_once(
    args: Sequence[Argument],
    *,
    env: Mapping[str, str],
    log: Path,
    within: float,
    cwd: Path | None = None,
    account: SystemAccount | None = None,
) -> int | None:
    """Run a program; return its exit code, or None when killed after `within` seconds."""
    child = ChildProcess.start(args, env=env, log=log, cwd=cwd, account=account)
    try:
        return await child.wait(within)
    finally:
        await child.kill()


async def completed(
    args: Sequence[Argument], *, env: Mapping[str, str], within: float, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program and return both of its outputs; a cancelled call kills it.

    Raises ServerUnavailable after `within` seconds.
    """
    process = await asyncio.create_subprocess_exec(
        *args,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # So that Ctrl-C reaches this process only: otherwise it would look like their failure.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(within):
            output, errors = (part.decode() for part in await process.communicate())
    except TimeoutError as error:
        raise ServerUnavailable(f"{args[0]} took longer than {within:.0f} s") from error
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return subprocess.CompletedProcess(args, process.returncode or 0, output, errors)
