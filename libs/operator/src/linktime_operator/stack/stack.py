"""The whole stack: starts and stops servers and services in order."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Self

from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.state import OWNER_ONLY, close_to_others
from linktime_operator import stack_file
from linktime_operator.errors import StackError
from linktime_operator.stack import services
from linktime_operator.stack.concurrently import reporting, run_concurrently
from linktime_operator.stack.demo import ensure_demo
from linktime_operator.stack.environment import refuse_fixed
from linktime_operator.stack.parts import SERVERS, StackParts
from linktime_operator.stack.services import INNER, OUTER, SERVICES
from linktime_operator.stack.units import READY_EVERY_SECONDS, READY_SECONDS, ServiceProcess

# The stack's files in its state folder, which may contain other files too.
OURS = (
    *("logs", "secrets", "postgresql", "rabbitmq", "mail", "calendar", "limit-store"),
    *("ports.json", "lock", stack_file.NAME),
)


class Stack(StackParts):
    """LinkTime on this machine, for the duration of an `async with` block.

    Use it from the main thread: its processes end with the thread that started them.
    """

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
        no_database = self._wiring(dict.fromkeys(SERVICES, "postgresql:///"))
        await self._processes.check(no_database, self._warn)
        small_servers = self._small_servers.start(self._progress)
        servers = (self._start_databases(), self._start_broker(), small_servers)
        await run_concurrently(reporting(one, self._progress.say) for one in servers)
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
                self._warn,
            )
        self._has_started = True
        self._write_file()

    def _warn(self, line: str) -> None:
        self._progress.say(f"    Warning: {line}")

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
