"""Supervised units of the stack: service processes and private servers."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import aiohttp

from linktime_common.private_files import write_private
from linktime_common.process_table import command_line
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.postgres import PostgresServer
from linktime_local.servers.processes import ChildProcess
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.servers.small_server import SmallServer
from linktime_local.servers.state import stop_leftover
from linktime_operator.errors import StackError

# Slightly more than a service's own limit for finishing requests.
STOP_SECONDS = 15.0
READY_SECONDS = 60.0
READY_EVERY_SECONDS = 0.05
TAIL_LINES = 15


class Unit(Protocol):
    """Something that runs, may end, and can be restarted."""

    name: str

    @property
    def pid(self) -> int | None:
        """Return its main process id; None when it was not started."""

    def ended(self) -> str | None:
        """Return how it ended, in words; None while it runs."""

    def tail(self) -> str:
        """Return the last lines of its log."""

    async def start(self) -> None:
        """Start it, or restart it."""

    async def stop(self) -> None:
        """Stop it gracefully, within a time limit; does nothing when it does not run."""

    async def kill(self) -> None:
        """SIGKILL it with all its child processes; does nothing when it does not run."""

    def pause(self) -> None:
        """SIGSTOP it."""

    def resume(self) -> None:
        """SIGCONT it."""


class ServiceProcess:
    """One process of a service; `replica` counts from 0."""

    def __init__(
        self, service: str, replica: int, environment: Mapping[str, str], state: Path
    ) -> None:
        self.name = service if replica == 0 else f"{service}-{replica + 1}"
        self.environment = dict(environment)
        self._module = f"linktime_{service}"
        self._log = state / "logs" / f"{self.name}.log"
        self._pid_file = state / "logs" / f"{self.name}.pid"
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def ended(self) -> str | None:
        code = self._child.returncode if self._child else None
        return None if code is None else _in_words(code)

    def tail(self) -> str:
        return self._child.log_tail(TAIL_LINES) if self._child else ""

    async def start(self) -> None:
        await stop_leftover(self._pid_file, sign=self._module, stop_signal=signal.SIGTERM)
        self._child = ChildProcess.start(
            [sys.executable, "-P", "-m", self._module, "all"], env=self.environment, log=self._log
        )
        write_private(self._pid_file, str(self._child.pid))

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(within=STOP_SECONDS)
            self._pid_file.unlink(missing_ok=True)

    async def kill(self) -> None:
        if self._child is not None:
            await self._child.kill()

    def pause(self) -> None:
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        if self._child is not None:
            self._child.resume()

    async def wait_ready(self, session: aiohttp.ClientSession, internal_url: str) -> None:
        """Return when it is ready; raises StackError when it ends, or on timeout."""
        last = "it does not answer"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                while (how := self.ended()) is None:
                    last = await _readiness(session, internal_url, self.pid)
                    if not last:
                        return
                    await asyncio.sleep(READY_EVERY_SECONDS)
                raise StackError(f"{self.name} {how} before it was ready. {self._last_lines()}")
        raise StackError(
            f"{self.name} was not ready within {READY_SECONDS:.0f} s: {last}. {self._last_lines()}"
        )

    def _last_lines(self) -> str:
        return f"The last lines of {self._log}:\n{self.tail()}"


class PrivateServerUnit:
    """A private server: PostgreSQL, RabbitMQ, the mail sink or the calendar server."""

    def __init__(
        self, name: str, server: PostgresServer | RabbitMQServer | SmallServer, log: Path
    ) -> None:
        self.name = name
        self._server = server
        self._log = log
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        return self._pid

    def ended(self) -> str | None:
        if self._pid is None or command_line(self._pid) is not None:
            return None
        return "ended"

    def tail(self) -> str:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-TAIL_LINES:])

    async def start(self) -> None:
        # Does nothing when it does not run; cleans up after a dead one.
        await self._server.stop()
        try:
            await self._server.start()
        except ServerUnavailable as error:
            raise StackError(str(error)) from error
        self._pid = self._server.pid

    async def stop(self) -> None:
        self._pid = None
        await self._server.stop()

    async def kill(self) -> None:
        with contextlib.suppress(ServerUnavailable):  # it does not run
            await self._server.kill()

    def pause(self) -> None:
        self._server.pause()

    def resume(self) -> None:
        self._server.resume()


async def _readiness(session: aiohttp.ClientSession, internal_url: str, pid: int | None) -> str:
    """Return what this process lacks, in words; empty when it is ready."""
    try:
        timeout = aiohttp.ClientTimeout(total=3)
        # Replicas share the port: the system chooses one for each connection.
        headers = {"Connection": "close"}
        async with session.get(
            f"{internal_url}/readyz", timeout=timeout, headers=headers
        ) as response:
            answer = await response.json()
    except (OSError, TimeoutError, aiohttp.ClientError, ValueError):
        return "it does not answer"
    if answer.get("pid") != pid:
        return "only other processes answer"
    missing = [name for name, passes in answer.get("checks", {}).items() if not passes]
    return f"waiting for its {', '.join(missing)}" if missing else ""


def _in_words(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}"
