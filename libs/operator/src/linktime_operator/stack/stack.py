"""The whole stack: starts and stops servers and services in order."""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import aiohttp

from linktime_common.http.client import open_session
from linktime_common.messaging.topology import Topology
from linktime_local.servers import postgres_place
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.state import OWNER_ONLY, StateFolder, close_to_others
from linktime_operator import stack_file
from linktime_operator.clients import Clients
from linktime_operator.errors import StackError
from linktime_operator.stack import services
from linktime_operator.stack.concurrently import run_concurrently
from linktime_operator.stack.demo import ensure_demo
from linktime_operator.stack.environment import refuse_fixed
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.processes import Processes
from linktime_operator.stack.progress import Progress, Silent
from linktime_operator.stack.servers import Postgres, RabbitMQ
from linktime_operator.stack.services import INNER, OPERATOR, OUTER, SERVICES, Wiring
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.small_servers import CALENDAR, LIMIT_STORE, MAIL, SmallServers
from linktime_operator.stack.supervisor import Supervisor
from linktime_operator.stack.units import READY_EVERY_SECONDS, READY_SECONDS, ServiceProcess, Unit
from linktime_operator.stack_file import Demo, OperatorKeys, StackFile

# The stack's files in its state folder, which may contain other files too.
OURS = (
    *("logs", "secrets", "postgresql", "rabbitmq", "mail", "calendar", "limit-store"),
    *("ports.json", "lock", stack_file.NAME),
)
SERVERS = ("rabbitmq", "postgres", MAIL, CALENDAR, LIMIT_STORE)


class Stack:
    """LinkTime on this machine, for the duration of an `async with` block.

    `state` keeps everything that survives a restart. `environment` adds settings to a service
    (`{"bookings": {"BOOKINGS_…": "…"}}`). A `temporary` stack is for a test: not durable, and
    removed from given servers. Use it from the main thread: its processes end with the thread that
    started them.
    """

    def __init__(
        self,
        state: Path,
        settings: StackSettings | None = None,
        *,
        name: str = "linktime",
        environment: Mapping[str, Mapping[str, str]] | None = None,
        temporary: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.state = state.absolute()
        self._name = name
        self._settings = settings or StackSettings()
        self._progress = progress or Silent()
        self._secrets = KeptSecrets(self.state / "secrets")
        self._lock = StateFolder(self.state, postgres_place.folder_mode())
        ports = self._ports = Ports(self.state / "ports.json", self._progress.say)
        given = (self.state, self._settings, ports, self._secrets, temporary)
        self._postgres = Postgres(name, *given)
        self._rabbitmq = RabbitMQ(Topology(name), *given)
        environment = environment or {}
        self._small_servers = SmallServers(
            self.state, self._settings, ports, environment.get("bookings", {})
        )
        self._processes = Processes(self.state, environment, self._settings.replicas)
        self._supervisor = Supervisor(self._write_file, self._progress.say)
        self._session: aiohttp.ClientSession | None = None
        self._demo: Demo | None = None
        self._has_started = False

    @property
    def file(self) -> StackFile:
        """Return the content of stack.json."""
        gateway = self._processes.addresses["gateway"].url
        return StackFile(
            pid=os.getpid(),
            gateway=gateway,
            public_url=self._public_url,
            demo=self._demo,
            services={name: self._processes.describe(name) for name in SERVICES},
            postgres=self._postgres.describe(),
            rabbitmq=self._rabbitmq.describe(),
            mail=self._small_servers.mail,
            calendar=self._small_servers.calendar,
            operator=OperatorKeys(keys=services.issued_by(OPERATOR, self._secrets)),
        )

    @property
    def webhook_settings(self) -> dict[str, str]:
        """Return the settings of where webhooks may go; empty: public https addresses only."""
        environment = self._processes.environment_of("webhooks", self._wiring())
        names = services.variables("webhooks", services.WEBHOOKS_FOR_DEVELOPMENT)
        return {name: environment[name] for name in names if name in environment}

    @property
    def clients(self) -> Clients:
        """Return clients of the services' internal ports."""
        addresses = self._processes.addresses
        urls = {name: address.internal_url for name, address in addresses.items()}
        return Clients(self._open_session(), urls, services.issued_by(OPERATOR, self._secrets))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything; raises StackError with the reason, and leaves nothing running."""
        refuse_fixed(services.FIXED)
        try:
            self._claim()
            try:
                await self._start()
            except BaseException:
                await self.stop()
                raise
        except ServerUnavailable as error:  # a damaged file of a server
            raise StackError(str(error)) from error
        except OSError as error:  # no permission, no space, a file in place of a folder
            where = error.filename or self.state
            raise StackError(
                f"{where} cannot be used: {error.strerror or error}. LINKTIME_STATE names another "
                "state folder."
            ) from error

    async def stop(self) -> None:
        """Stop everything in reverse order, each with a time limit; does nothing when stopped."""
        # Last in, first out; a failure does not keep the rest from stopping.
        async with AsyncExitStack() as last:
            last.callback(self._lock.release)
            last.callback(self._ports.release)
            last.push_async_callback(self._close_session)
            last.push_async_callback(self._postgres.stop)
            last.push_async_callback(self._rabbitmq.stop)
            last.push_async_callback(self._small_servers.stop)
            for layer in (INNER, OUTER):
                last.push_async_callback(self._processes.stop, layer)
            last.callback(stack_file.remove, self.state)
            last.push_async_callback(self._supervisor.stop_watching)

    async def hurry(self) -> None:
        """Kill what `stop` waits for: confirmed data is safe."""
        units = [unit for name in (*SERVICES, *SERVERS) for unit in self._units(name)]
        await asyncio.gather(*(unit.kill() for unit in units))

    async def kill(self, name: str) -> None:
        """SIGKILL a service (all its processes) or server; it is restarted at once."""
        await asyncio.gather(*(unit.kill() for unit in self._units(name)))

    def pause(self, name: str) -> None:
        """SIGSTOP a service or server: connections stay open without responses."""
        for unit in self._units(name):
            unit.pause()

    def resume(self, name: str) -> None:
        """SIGCONT a service or server; does nothing when it runs."""
        for unit in self._units(name):
            unit.resume()

    async def take_down(self, name: str, *, kill: bool = False) -> None:
        """Stop a service or server, gracefully or by SIGKILL, until `bring_up`."""
        for unit in self._units(name):
            await self._supervisor.unwatch(unit.name)
            await (unit.kill() if kill else unit.stop())

    async def bring_up(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start what was taken down, with these additional settings; returns when it is ready."""
        for unit in self._units(name):
            if isinstance(unit, ServiceProcess):
                unit.environment |= environment or {}
            await unit.start()
        await self._processes.wait_ready(name, self._open_session())
        for unit in self._units(name):
            self._supervisor.watch(unit)
        self._write_file()

    async def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Restart a service or server gracefully, with these additional settings."""
        await self.take_down(name)
        await self.bring_up(name, environment)

    async def roll(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Restart the processes of a service one after the other, with these additional settings.

        Each starts before the next one stops, as in a rolling upgrade.
        """
        for process in self._processes.of(name):
            await self._supervisor.unwatch(process.name)
            await process.stop()
            process.environment |= environment or {}
            await process.start()
            internal_url = self._processes.addresses[name].internal_url
            await process.wait_ready(self._open_session(), internal_url)
            self._supervisor.watch(process)
        self._write_file()

    async def wait_ready(self, name: str) -> None:
        """Return when a service is ready, also during a restart.

        Raises StackError when it does not become ready.
        """
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return await self._processes.wait_ready(name, self._open_session())
            except StackError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(READY_EVERY_SECONDS)

    def _claim(self) -> None:
        try:
            self._lock.claim("LinkTime")
        except ServerUnavailable as error:
            running = stack_file.read(self.state)
            where = f" It answers at {running.gateway}." if running else ""
            raise StackError(f"{error}{where}") from error

    async def _start(self) -> None:
        for name in OURS:
            close_to_others(self.state / name)
        self._turn_over_logs()
        wanted = {name: self._settings.port_of(name) for name in (*SERVICES, "postgres")}
        self._ports.reserve({**wanted, "rabbitmq": self._settings.amqp_port})
        self._processes.choose_ports(self._ports, self._settings)
        self._rabbitmq.prepare(lambda line: self._progress.say(f"    {line}"))
        self._small_servers.prepare()
        await self._processes.check(self._wiring(dict.fromkeys(SERVICES, "postgresql:///")))
        small_servers = self._small_servers.start(self._progress)
        await run_concurrently([self._start_databases(), self._start_broker(), small_servers])
        with self._progress.step("Services"):
            for layer in (INNER, OUTER):
                await self._processes.start(layer, self._wiring(), self._open_session())
        for name in (*SERVICES, *SERVERS):
            for unit in self._units(name):
                self._supervisor.watch(unit)
        with self._progress.step("Demo host"):
            self._demo = await ensure_demo(
                self.clients,
                self.file.gateway,
                self._secrets,
                self._small_servers.calendar,
                lambda line: self._progress.say(f"    Warning: {line}"),
            )
        self._has_started = True
        self._write_file()

    def _turn_over_logs(self) -> None:
        logs = self.state / "logs"
        logs.mkdir(mode=OWNER_ONLY, exist_ok=True)
        for log in logs.glob("*.log"):
            log.replace(log.with_suffix(".log.1"))

    async def _start_databases(self) -> None:
        with self._progress.step("PostgreSQL") as step:
            await self._postgres.start(step.note)
        with self._progress.step("Migrations"):
            await self._processes.migrate(self._wiring())

    async def _start_broker(self) -> None:
        with self._progress.step("RabbitMQ") as step:
            await self._rabbitmq.start(step.note)

    def _wiring(self, dsns: Mapping[str, str] | None = None) -> Wiring:
        """Return the wiring with `dsns`, which are known once PostgreSQL runs."""
        self._ports.remember()
        return Wiring(
            addresses=self._processes.addresses,
            public_url=self._public_url,
            dsns=dsns or self._postgres.dsns,
            broker_urls=self._rabbitmq.urls,
            other_ports=[*self._rabbitmq.other_ports, *self._small_servers.ports],
            broker_prefix=self._name,
            keys=self._secrets,
            smtp=self._small_servers.bookings_settings,
            calendar_port=self._small_servers.calendar_port,
            limit_store_url=self._small_servers.limit_store_url,
        )

    @property
    def _public_url(self) -> str:
        return str(self._settings.public_url or self._processes.addresses["gateway"].url)

    def _units(self, name: str) -> list[Unit]:
        if name not in SERVERS:
            return [*self._processes.of(name)]
        servers = {
            "postgres": self._postgres.unit,
            "rabbitmq": self._rabbitmq.unit,
            **self._small_servers.units,
        }
        server = servers.get(name)
        return [] if server is None else [server]

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session()
        return self._session

    async def _close_session(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _write_file(self) -> None:
        if not self._has_started:  # a service was restarted before all were ready
            return
        self.file.write(self.state)
