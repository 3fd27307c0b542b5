"""The base of small private servers: one program on loopback ports."""

import asyncio
import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from linktime_common.private_files import write_private
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK, free_port, is_free
from linktime_local.servers.processes import ChildProcess
from linktime_local.servers.state import StateFolder, stop_leftover

LOG = "server.log"
PYTHON = (sys.executable, "-P")
START_SECONDS = 60.0
START_ATTEMPTS = 4
STOP_SECONDS = 10.0
POLL_SECONDS = 0.03
PROBE_SECONDS = 5.0
# The log has this when a free port was taken before the server used it.
PORT_TAKEN = "ddress already in use"


class SmallServer(ABC):
    """A private server; it can be stopped and started again, its files stay.

    For each port that is None, a free one is chosen at the first start.
    """

    host = LOOPBACK

    def __init__(self, what: str, state: Path, wanted_ports: Sequence[int | None]) -> None:
        self._what = what
        self._state = StateFolder(state)
        self._wanted = tuple(wanted_ports)
        self._ports = self._wanted
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running().pid

    async def start(self) -> None:
        """Start it and wait until it answers; raises ServerUnavailable."""
        self._state.claim(self._what)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop it; no-op when stopped."""
        if self._child is not None:
            await self._child.stop(within=STOP_SECONDS)
            self._child = None
            self._pid_file.unlink(missing_ok=True)
        self._state.release()

    async def kill(self) -> None:
        """Kill it with SIGKILL, like a crash; `start` recovers."""
        await self._running().kill()
        self._child = None
        self._state.release()

    def pause(self) -> None:
        """Suspend it with SIGSTOP: connections stay open without responses."""
        self._running().pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._running().resume()

    @abstractmethod
    async def _command(self) -> list[str | Path]:
        """Write the files that it needs, and return the program with its arguments.

        One of them contains the state folder's path. Raises ServerUnavailable.
        """

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath)}

    @abstractmethod
    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        """Return whether it answers; client errors mean no."""

    @property
    def _pid_file(self) -> Path:
        return self._state.path / "pid"

    def _port(self, number: int) -> int:
        port = self._ports[number]
        if port is None:
            raise ServerUnavailable(f"{self._what} has no port before its first start.")
        return port

    def _running(self) -> ChildProcess:
        if self._child is None:
            raise ServerUnavailable(f"{self._what} is not running.")
        return self._child

    async def _start(self) -> None:
        sign = str(self._state.path)
        await stop_leftover(self._pid_file, sign=sign, stop_signal=signal.SIGTERM)
        for attempt in range(1, START_ATTEMPTS + 1):
            if await self._launch(last=attempt == START_ATTEMPTS):
                break
        write_private(self._pid_file, str(self.pid))

    async def _launch(self, *, last: bool) -> bool:
        """Start it once; return False when a free port was taken meanwhile."""
        self._choose_ports()
        log = self._state.path / LOG
        log.unlink(missing_ok=True)
        self._child = ChildProcess.start(
            await self._command(),
            env=self._environment(),
            log=log,
            cwd=self._state.path,
        )
        if await self._until_ready(self._child):
            return True
        code = self._child.returncode
        await self._child.kill()
        tail = self._child.log_tail()
        if code is not None and not last and None in self._wanted and PORT_TAKEN in tail:
            return False
        why = "did not answer" if code is None else f"ended with {code}"
        raise ServerUnavailable(f"{self._what} {why}; see {log}:\n{tail}")

    def _choose_ports(self) -> None:
        chosen: list[int] = []
        for wanted, kept in zip(self._wanted, self._ports, strict=True):
            port = kept
            while port is None or (wanted is None and (port in chosen or not is_free(port))):
                port = free_port()
            if not is_free(port):
                raise ServerUnavailable(f"Port {port} for {self._what} is taken; choose another.")
            chosen.append(port)
        self._ports = tuple(chosen)

    async def _until_ready(self, child: ChildProcess) -> bool:
        deadline = time.monotonic() + START_SECONDS
        timeout = aiohttp.ClientTimeout(total=PROBE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while time.monotonic() < deadline and child.returncode is None:
                try:
                    if await self._answers(session):
                        return True
                except (aiohttp.ClientError, OSError, TimeoutError):
                    pass
                await asyncio.sleep(POLL_SECONDS)
        return False
