"""A service process, from its settings to graceful shutdown.

`python -m linktime_bookings serve` responds to HTTP, `work` runs relay, consumers and jobs, `all`
does both. A service that declares it also has `sync`, which exchanges data with servers that users
name. `entry` has the words that run no process.
"""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from aiohttp import web

from linktime_common import logs, tracing
from linktime_common.http.errors import StatusTable
from linktime_common.http.health import FindProblem, Readiness, ReadyCheck, Warn, health_routes
from linktime_common.http.openapi import description_route
from linktime_common.http.protocol import AppRunner, Server
from linktime_common.http.routes import Route
from linktime_common.http.server import build_app
from linktime_common.identity import Verifier
from linktime_common.migrate import MigrationSource
from linktime_common.open_files import OpenFiles
from linktime_common.process_figures import show_version, watch_loop
from linktime_common.settings import ServiceSettings, read
from linktime_common.supervision import SupervisedTask, supervised
from linktime_common.unknown_settings import unknown_settings

try:
    from uvloop import new_event_loop
except ImportError:  # no build for this platform: the standard loop is slower but equivalent
    from asyncio import new_event_loop  # type: ignore[assignment]

DRAIN_SECONDS = 10
BACKLOG = 1024
GARBAGE_OBJECTS = 10_000


class ProcessRole(StrEnum):
    SERVE = "serve"
    WORK = "work"
    SYNC = "sync"
    ALL = "all"

    @property
    def serves(self) -> bool:
        """Whether the role serves HTTP."""
        return self in {ProcessRole.SERVE, ProcessRole.ALL}

    @property
    def works(self) -> bool:
        """Whether the role runs relay, consumers and jobs."""
        return self in {ProcessRole.WORK, ProcessRole.ALL}

    @property
    def syncs(self) -> bool:
        """Whether the role exchanges data with servers that users name, if the service does so."""
        return self in {ProcessRole.SYNC, ProcessRole.ALL}


ROLES = tuple(role for role in ProcessRole if role is not ProcessRole.SYNC)
"""The roles of every service."""


async def at_once() -> None:
    """Return at once: for a process that does not announce that it stops."""


@dataclass(frozen=True)
class Parts:
    """The components of a process. `state` is added to both aiohttp applications.

    `public_server` serves the public port instead of `public_routes`: for the gateway only. `leave`
    is awaited after the stop signal, before the ports are closed.
    """

    public_routes: Sequence[Route] = ()
    public_server: web.Server | None = None
    internal_routes: Sequence[Route] = ()
    statuses: StatusTable = field(default_factory=dict)
    state: Mapping[Any, Any] = field(default_factory=dict)
    tasks: Sequence[SupervisedTask] = ()
    ready: Mapping[str, ReadyCheck] = field(default_factory=dict)
    warnings: Mapping[str, Warn] = field(default_factory=dict)
    problems: Mapping[str, FindProblem] = field(default_factory=dict)
    leave: Callable[[], Awaitable[None]] = at_once


class CannotListen(Exception):
    """A port cannot be bound; the text is a sentence that names the setting."""


class PortTaken(CannotListen):
    """The port is in use; the text is a sentence with a remedy."""


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


@dataclass(frozen=True)
class Service(Generic[SettingsT]):
    """The definition of a service: name, settings, migrations, and how its parts are built."""

    name: str
    settings: type[SettingsT]
    migrations: tuple[MigrationSource, ...]
    assemble: Callable[[SettingsT, ProcessRole], AbstractAsyncContextManager[Parts]]
    roles: tuple[ProcessRole, ...] = ROLES


def main(service: Service[SettingsT]) -> None:
    """Run the role named on the command line until SIGTERM or SIGINT."""
    try:
        (word,) = sys.argv[1:]
        role = next(known for known in service.roles if known == word)
    except (ValueError, StopIteration):
        roles = "|".join((*service.roles, "migrate", "schema", "check", "--version"))
        print(f"usage: python -m linktime_{service.name} {roles}", file=sys.stderr)
        raise SystemExit(2) from None
    settings = read(service.settings)
    logs.configure(service.name, settings.log_level)
    for unknown in unknown_settings(service.settings):
        logs.logger().warning("no such setting", variable=unknown.name, nearest=unknown.nearest)
    tracing.configure(service.name, settings.collector_url, share=settings.traces_share)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        try:
            runner.run(run(service, settings, role))
        except CannotListen as error:
            print(error, file=sys.stderr)
            raise SystemExit(1) from None
        finally:
            tracing.stop()


async def run(service: Service[SettingsT], settings: SettingsT, role: ProcessRole) -> None:
    """Run until a signal; then finish open requests, and stop the workers."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with service.assemble(settings, role) as parts, contextlib.AsyncExitStack() as stack:
        ports = await open_ports(stack, service.name, settings, role, parts)
        async with supervised(*parts.tasks):
            _freeze()
            logs.logger().info("started", role=role, port=settings.port)
            await stop.wait()
            logs.logger().info("stopping")
            await parts.leave()
            await asyncio.gather(*map(_drain, ports))
            await stack.aclose()


async def _drain(port: web.BaseRunner) -> None:
    """Accept no more connections, and let clients leave the present ones."""
    for site in list(port.sites):
        await site.stop()
    if isinstance(port.server, Server):
        await port.server.drain()


async def open_ports(
    stack: contextlib.AsyncExitStack,
    name: str,
    settings: ServiceSettings,
    role: ProcessRole,
    parts: Parts,
) -> list[web.BaseRunner]:
    """Serve `parts` until `stack` is closed; raises CannotListen."""
    verifier = Verifier(name, settings.accepted_keys())
    readiness = Readiness(parts.ready, parts.warnings, parts.problems)
    watches = (
        SupervisedTask("readiness", readiness.watch),
        SupervisedTask("open files", OpenFiles().watch),
        SupervisedTask("loop lag", watch_loop),
    )
    show_version()
    await stack.enter_async_context(supervised(*watches))
    internal = health_routes(readiness)
    if role.serves:
        internal += [description_route(parts.public_routes, parts.statuses), *parts.internal_routes]

    def application(routes: Sequence[Route]) -> web.AppRunner:
        app = build_app(routes, verifier=verifier, statuses=parts.statuses, state=parts.state)
        return AppRunner(app, shutdown_timeout=DRAIN_SECONDS)

    ports: list[tuple[int, web.BaseRunner]] = [(settings.internal_port, application(internal))]
    if role.serves and parts.public_server is not None:
        lean = web.ServerRunner(parts.public_server, shutdown_timeout=DRAIN_SECONDS)
        ports.append((settings.port, lean))
    elif role.serves:
        ports.append((settings.port, application(parts.public_routes)))
    for port, runner in ports:
        # Replicas with the same role share their ports; a worker would respond with 404.
        bound = _bind(name, settings.host, port, is_shared=role.serves)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, bound, backlog=BACKLOG).start()
    return [runner for _, runner in ports]


def _bind(name: str, host: str, port: int, *, is_shared: bool) -> socket.socket:
    try:
        return listen(host, port, is_shared=is_shared)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CannotListen(
                f"{name.upper()}_HOST {host} and port {port} cannot be bound: "
                f"{error.strerror or error}."
            ) from error
        raise PortTaken(
            f"Port {port} of {host} is taken. Processes that serve can share their ports; one that "
            f"only works needs its own: set {name.upper()}_INTERNAL_PORT to a free port."
        ) from error


def listen(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """Return a bound socket; a shared one allows others to bind the same port."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def _freeze() -> None:
    # Loaded modules stay in memory; excluding them from collections improves the tail latency.
    gc.collect()
    gc.freeze()
    # Requests create few cycles: the default threshold of 700 objects costs more than it frees.
    gc.set_threshold(GARBAGE_OBJECTS)
