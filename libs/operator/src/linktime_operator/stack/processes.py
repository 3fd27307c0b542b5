"""The processes of the six services: addresses, migrations, start, readiness and stop."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import aiohttp

from linktime_local.servers.processes import run_once
from linktime_operator.errors import StackError, WrongSettings
from linktime_operator.stack.concurrently import run_concurrently
from linktime_operator.stack.environment import for_service, has_settings
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.services import SERVICES, ServiceAddress, Wiring
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.units import ServiceProcess
from linktime_operator.stack_file import RunningService

CHECK_SECONDS = 60.0
MIGRATE_SECONDS = 300.0
TAIL_LINES = 15


class Processes:
    """`environment` adds settings to a service, `replicas` is the number of processes of each."""

    def __init__(
        self,
        state: Path,
        environment: Mapping[str, Mapping[str, str]],
        replicas: int,
    ) -> None:
        self._state = state
        self._environment = environment
        self._replicas = replicas
        self._running: dict[str, list[ServiceProcess]] = {}
        self.addresses: dict[str, ServiceAddress] = {}

    def choose_ports(self, ports: Ports, settings: StackSettings) -> None:
        """Assign each service its two ports, reserved until the stack stops."""
        for name in SERVICES:
            self.addresses[name] = ServiceAddress(
                port=ports.hold(name, settings.port_of(name)),
                internal_port=ports.hold(f"{name}-internal", None),
            )

    async def check(self, wiring: Wiring, warn: Callable[[str], None]) -> None:
        """Check the services' settings; raises WrongSettings naming each invalid one.

        `warn` gets a sentence for each variable that is no setting.
        """
        for name in SERVICES:
            self.environment_of(name, wiring)  # reads or creates the keys: one may be damaged
        await run_concurrently(
            self._check(name, wiring, warn)
            for name in SERVICES
            if has_settings(name, {*os.environ, *self._environment.get(name, {})})
        )

    async def migrate(self, wiring: Wiring) -> None:
        """Migrate every service's database; raises StackError with the last log lines."""
        await run_concurrently(self._migrate(name, wiring) for name in SERVICES)

    async def start(
        self, layer: Iterable[str], wiring: Wiring, session: aiohttp.ClientSession
    ) -> None:
        """Start these services concurrently and return when each is ready."""
        await run_concurrently(self._start(name, wiring, session) for name in layer)

    async def stop(self, layer: Iterable[str]) -> None:
        """Stop these services concurrently, within a time limit."""
        await asyncio.gather(*(process.stop() for process in self.of(*layer)))

    async def wait_ready(self, name: str, session: aiohttp.ClientSession) -> None:
        """Return when every process of a running service is ready."""
        for process in self.of(name):
            await process.wait_ready(session, self.addresses[name].internal_url)

    def of(self, *names: str) -> list[ServiceProcess]:
        """Return the processes of these services."""
        return [process for name in names for process in self._running.get(name, [])]

    def describe(self, name: str) -> RunningService:
        """Return the service's entry in stack.json."""
        return RunningService(
            url=self.addresses[name].url,
            internal_url=self.addresses[name].internal_url,
            pids=[process.pid for process in self.of(name) if process.pid is not None],
        )

    def environment_of(self, name: str, wiring: Wiring) -> dict[str, str]:
        """Return the environment of a service's processes."""
        own = self._environment.get(name, {})
        return for_service(name, wiring.fixed(name), wiring.defaults(name), own)

    async def _check(self, name: str, wiring: Wiring, warn: Callable[[str], None]) -> None:
        code, log = await self._run(name, "check", wiring, CHECK_SECONDS)
        if code != 0:
            problems = _tail(log)
            raise WrongSettings(f"The settings of {_owner(name, problems)} are wrong:\n{problems}")
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith(f"{name.upper()}_"):
                warn(line)

    async def _migrate(self, name: str, wiring: Wiring) -> None:
        code, log = await self._run(name, "migrate", wiring, MIGRATE_SECONDS)
        if code != 0:
            raise StackError(
                f"The migrations of {name} failed. The last lines of {log}:\n{_tail(log)}"
            )

    async def _run(
        self, name: str, word: str, wiring: Wiring, seconds: float
    ) -> tuple[int | None, Path]:
        log = self._state / "logs" / f"{name}-{word}.log"
        code = await run_once(
            [sys.executable, "-P", "-m", f"linktime_{name}", word],
            env=self.environment_of(name, wiring),
            log=log,
            within=seconds,
        )
        return code, log

    async def _start(self, name: str, wiring: Wiring, session: aiohttp.ClientSession) -> None:
        environment = self.environment_of(name, wiring)
        started = self._running[name] = []
        for replica in range(self._replicas):
            process = ServiceProcess(name, replica, environment, self._state)
            started.append(process)
            await process.start()
        await self.wait_ready(name, session)


def _owner(name: str, problems: str) -> str:
    """Return whose settings are wrong: those of OpenTelemetry are the same for all services."""
    is_shared = all(line.startswith("OTEL_") for line in problems.splitlines())
    return "every service" if is_shared else name


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
