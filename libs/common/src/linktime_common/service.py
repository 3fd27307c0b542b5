"""The common parts of a service: database, broker, session, relay, consumer, pruning, readiness.

A service's `app.py` declares the differences, and builds its own parts from the `Runtime`.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

import aiohttp
from aiohttp import web

from linktime_common import idempotency, logs
from linktime_common.contracts.events import EVENTS
from linktime_common.endless import periodic
from linktime_common.errors import NotReady
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.errors import StatusTable
from linktime_common.http.health import FindProblem, ReadyCheck, Warn, without_problem
from linktime_common.http.inventory import inventory_routes
from linktime_common.http.parked import parked_routes
from linktime_common.http.republishing import republishing_routes
from linktime_common.http.routes import Route
from linktime_common.http.service_state import service_state_route
from linktime_common.http.user_deletions import user_deletion_routes
from linktime_common.identity import Signer
from linktime_common.inventory import MESSAGING_KINDS, InventoryKind
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.queue_figures import figures
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import sources_of
from linktime_common.postgres import COMMAND_SECONDS, Database, connect
from linktime_common.process import ROLES, Parts, ProcessRole, Service, at_once
from linktime_common.settings import ServiceSettings
from linktime_common.supervision import SupervisedTask
from linktime_common.user_deletion import DELETION_SECONDS, DeleteOwn, delete_users

PRUNE_EVERY_SECONDS = 600.0

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
DepsT = TypeVar("DepsT")


class Runs(Protocol):
    """The interface of a consumer that a process needs."""

    async def run(self) -> None:
        """Consume until cancelled."""

    async def is_ready(self) -> bool:
        """Whether it is consuming."""


class MakeConsumer(Protocol):
    """Such as `partial(Consumer, handlers=…)`."""

    def __call__(
        self, name: str, database: Database, link: BrokerLink, *, on_effect: Callable[[], None]
    ) -> Runs:
        """Return a consumer that calls `on_effect` after every commit of an event's effect."""


@dataclass(frozen=True)
class Runtime(Generic[SettingsT]):
    """What a service's own parts are built from; `stack` closes the resources entered into it."""

    settings: SettingsT
    role: ProcessRole
    database: Database
    session: aiohttp.ClientSession
    signer: Signer
    stack: contextlib.AsyncExitStack

    def client(self, audience: str, url: object) -> InternalClient:
        """Return a client of the service `audience`, whose internal port is at `url`."""
        return InternalClient(
            self.session, base_url=str(url), audience=audience, signer=self.signer
        )


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class OwnParts(Generic[DepsT]):
    """The parts specific to one service.

    `workers` run in roles that work, `sync_workers` in roles that sync.
    """

    deps: DepsT
    delete_user: DeleteOwn
    """Deletes the rows of a user from this service's own tables."""
    workers: Sequence[SupervisedTask] = ()
    sync_workers: Sequence[SupervisedTask] = ()
    in_every_role: Sequence[SupervisedTask] = ()
    on_effect: Callable[[], None] = _nothing
    """Called after every commit of an event's effect."""
    public_server: web.Server | None = None
    """Serves the public port instead of the public routes."""
    leave: Callable[[], Awaitable[None]] = at_once
    """Called before the ports are closed."""
    warnings: Mapping[str, Warn] = field(default_factory=dict)
    """Shown by readiness, which they do not affect."""
    problems: Mapping[str, FindProblem] = field(default_factory=dict)
    """As `warnings`, but something has to be repaired; looked for at each request."""


@dataclass(frozen=True)
class Declaration(Generic[SettingsT, DepsT]):
    """A declarative service. Its migrations are in `linktime_<name>`; handlers find deps by `key`.

    A service with a consumer stores its dead-lettered messages for the operator; one that publishes
    an event runs a relay in roles that work, and otherwise wakes the relays of other processes.
    `syncs` adds the role `sync`.
    """

    name: str
    settings: type[SettingsT]
    public_routes: Sequence[Route]
    internal_routes: Sequence[Route]
    statuses: StatusTable
    key: web.AppKey[DepsT]
    build: Callable[[Runtime[SettingsT]], Awaitable[OwnParts[DepsT]]]
    consumer: MakeConsumer | None = None
    inventory: Mapping[str, InventoryKind] = field(default_factory=dict)
    """Rows that the operator compares with those of other services, by kind."""
    statement_seconds: float = COMMAND_SECONDS
    syncs: bool = False

    def service(self) -> Service[SettingsT]:
        """Return what `process.main` runs."""
        roles = (*ROLES, ProcessRole.SYNC) if self.syncs else ROLES
        return Service(self.name, self.settings, sources_of(self.name), self._assemble, roles)

    @property
    def _publishes(self) -> bool:
        return any(event.publisher == self.name for event in EVENTS)

    @contextlib.asynccontextmanager
    async def _assemble(self, settings: SettingsT, role: ProcessRole) -> AsyncIterator[Parts]:
        async with contextlib.AsyncExitStack() as stack:
            database = await connect(
                settings.postgres_dsn.get_secret_value(),
                application_name=self.name,
                size=settings.postgres_pool_size,
                command_seconds=self.statement_seconds,
                direct_dsn=settings.direct_dsn(),
            )
            stack.push_async_callback(database.close)
            link = await self._open_link(settings, role, stack)
            session = await stack.enter_async_context(open_session())
            signer = Signer(self.name, settings.issuing_keys())
            own = await self.build(Runtime(settings, role, database, session, signer, stack))
            events = self._events(role, database, link, own.on_effect)
            yield Parts(
                public_routes=self.public_routes,
                public_server=own.public_server,
                leave=own.leave,
                internal_routes=[
                    *self.internal_routes,
                    *user_deletion_routes(database),
                    self._state_route(settings, database, link),
                    *inventory_routes(database, {**MESSAGING_KINDS, **self.inventory}),
                    *self._parked_routes(database, link),
                    *(republishing_routes(database) if self._publishes else ()),
                ],
                statuses=self.statuses,
                state={self.key: own.deps},
                tasks=[*own.in_every_role, *self._tasks(role, database, own), *events.tasks],
                ready={"database": without_problem(database.find_problem), **events.ready},
                warnings={"log": logs.lost_lines, **own.warnings},
                problems=own.problems,
            )

    async def _open_link(
        self, settings: SettingsT, role: ProcessRole, stack: contextlib.AsyncExitStack
    ) -> BrokerLink | None:
        """Open the link, or return None if unused; any process may replay dead letters."""
        if self.consumer is None and not (role.works and self._publishes):
            return None
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=self.name,
            topology=Topology(settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        return link

    def _state_route(
        self, settings: SettingsT, database: Database, link: BrokerLink | None
    ) -> Route:
        return service_state_route(
            database,
            link,
            sources_of(self.name),
            self.name if self.consumer is not None else None,
            service=self.name,
            pool_size=None if settings.direct_dsn() else settings.postgres_pool_size,
        )

    def _parked_routes(self, database: Database, link: BrokerLink | None) -> Sequence[Route]:
        if self.consumer is None or link is None:
            return ()
        return parked_routes(database, link)

    def _tasks(
        self, role: ProcessRole, database: Database, own: OwnParts[DepsT]
    ) -> list[SupervisedTask]:
        syncing = own.sync_workers if role.syncs else ()
        if not role.works:
            # This process has no relay, so it wakes those of others.
            notifier = SupervisedTask("notifier", Notifier(database, purpose=_purpose(role)).run)
            return [*syncing, notifier] if self._publishes else [*syncing]
        prune = partial(idempotency.prune_all, database)
        delete = partial(delete_users, database, own.delete_user)
        return [
            *syncing,
            *own.workers,
            periodic("user deletion worker", delete, every_seconds=DELETION_SECONDS),
            periodic("idempotency record pruner", prune, every_seconds=PRUNE_EVERY_SECONDS),
        ]

    def _events(
        self,
        role: ProcessRole,
        database: Database,
        link: BrokerLink | None,
        on_effect: Callable[[], None],
    ) -> "_Events":
        """Return relay and consumer; none in a process that only serves HTTP."""
        events = _Events()
        if not role.works or link is None:
            return events
        publishing = [without_problem(link.find_problem)]
        if self._publishes:
            relay = Relay(database, link, purpose=_purpose(role))
            publishing.append(relay.is_ready)
            events.tasks.append(SupervisedTask("event relay", relay.run))
        events.ready["broker"] = partial(_all_pass, publishing)
        if self.consumer is not None:
            consumer = self.consumer(self.name, database, link, on_effect=on_effect)
            events.ready["consumer"] = partial(_consumes, consumer)
            events.tasks.append(SupervisedTask("event consumer", consumer.run))
            events.tasks.extend(figures(self.name, database, link))
        return events


@dataclass(frozen=True)
class _Events:
    """The relay and consumer of a process, with their readiness checks."""

    tasks: list[SupervisedTask] = field(default_factory=list)
    ready: dict[str, ReadyCheck] = field(default_factory=dict)


def _purpose(role: ProcessRole) -> str:
    return outbox.SERVING if role.serves else outbox.PURPOSE


async def _consumes(consumer: Runs) -> bool:
    if not await consumer.is_ready():
        raise NotReady("it is not subscribed to its queue")
    return True


async def _all_pass(checks: Sequence[ReadyCheck]) -> bool:
    for check in checks:
        if not await check():
            return False
    return True
