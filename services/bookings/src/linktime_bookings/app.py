"""The only place that builds what the bookings service runs on, and closes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from linktime_bookings.api import routes
from linktime_bookings.api.errors import STATUSES
from linktime_bookings.clients.availability import Availability
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.links import Links
from linktime_bookings.settings import BookingsSettings
from linktime_bookings.sweeper import keep_sweeping
from linktime_common import postgres
from linktime_common.broker import BrokerLink
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.idempotency_records import keep_pruning
from linktime_common.identity import Signer
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.notifier import Notifier
from linktime_common.process import Parts, Role, Service
from linktime_common.relay import Relay
from linktime_common.topology import Topology

NAME = "bookings"


@asynccontextmanager
async def assemble(settings: BookingsSettings, role: Role) -> AsyncIterator[Parts]:
    """The parts for `role`, until the block ends."""
    async with AsyncExitStack() as stack:
        dsn = settings.postgres_dsn.get_secret_value()
        database = await postgres.connect(dsn, application_name=f"linktime-{NAME}")
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(open_session())
        signer = Signer(NAME, settings.issuing_keys())

        def client(audience: str, url: object) -> InternalClient:
            return InternalClient(session, base_url=str(url), audience=audience, signer=signer)

        deps = Deps(
            database=database,
            clock=SystemClock(),
            availability=Availability(client("availability", settings.availability_internal_url)),
            contacts=Contacts(client("contacts", settings.contacts_internal_url)),
            links=Links(
                [key.get_secret_value() for key in settings.link_keys], str(settings.public_url)
            ),
            request_deadline_seconds=settings.request_deadline_seconds,
        )
        if role.works:
            yield await _working(stack, settings, deps)
        else:
            yield await _serving(stack, deps)


async def _working(stack: AsyncExitStack, settings: BookingsSettings, deps: Deps) -> Parts:
    topology = Topology(prefix=settings.broker_prefix)
    link = await BrokerLink.open(
        settings.broker_url.get_secret_value(), name=NAME, topology=topology
    )
    stack.push_async_callback(link.close)
    sweep = partial(keep_sweeping, deps, interval_seconds=settings.sweep_interval_seconds)
    return Parts(
        public_routes=routes.PUBLIC,
        internal_routes=routes.INTERNAL,
        statuses=STATUSES,
        state={DEPS: deps},
        workers=[
            Relay(deps.database, link).run,
            sweep,
            partial(keep_pruning, deps.database),
        ],
        ready={"database": deps.database.is_reachable, "broker": link.is_ready},
    )


async def _serving(stack: AsyncExitStack, deps: Deps) -> Parts:
    # No relay runs here, so those of other processes are woken.
    notifying = asyncio.create_task(Notifier(deps.database).run())
    stack.push_async_callback(_stop, notifying)
    return Parts(
        public_routes=routes.PUBLIC,
        internal_routes=routes.INTERNAL,
        statuses=STATUSES,
        state={DEPS: deps},
        ready={"database": deps.database.is_reachable},
    )


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


SERVICE = Service(
    name=NAME,
    settings=BookingsSettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_bookings")),
    assemble=assemble,
)
