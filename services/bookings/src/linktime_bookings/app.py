"""The only place that builds what the bookings service runs on, and closes it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import aiohttp

from linktime_bookings.api import routes
from linktime_bookings.api.errors import STATUSES
from linktime_bookings.clients.availability import Availability
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.links import Links
from linktime_bookings.settings import BookingsSettings
from linktime_bookings.sweeper import keep_cancelling, keep_sweeping
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.parked import parked_routes
from linktime_common.idempotency import keep_pruning
from linktime_common.identity import Signer
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import Database, connect
from linktime_common.process import Parts, Role, Service
from linktime_common.supervision import SupervisedTask, supervised

NAME = "bookings"
Worker = Callable[[], Coroutine[Any, Any, None]]


@asynccontextmanager
async def assemble(settings: BookingsSettings, role: Role) -> AsyncIterator[Parts]:
    """The parts for `role`, until the block ends."""
    async with AsyncExitStack() as stack:
        dsn = settings.postgres_dsn.get_secret_value()
        database = await connect(dsn, application_name=f"linktime-{NAME}")
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(open_session())
        deps = _deps(settings, database, session)
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(prefix=settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        ready = {"database": database.is_reachable}
        if role.works:
            ready["broker"] = link.is_ready
        else:
            # No relay runs here, so those of other processes are woken.
            notifier = SupervisedTask("notifier", Notifier(database).run)
            await stack.enter_async_context(supervised(notifier))
        yield Parts(
            public_routes=routes.PUBLIC,
            internal_routes=[*routes.INTERNAL, *parked_routes(database, link)],
            statuses=STATUSES,
            state={DEPS: deps},
            workers=_workers(deps, link, settings.sweep_interval_seconds),
            ready=ready,
        )


def _deps(settings: BookingsSettings, database: Database, session: aiohttp.ClientSession) -> Deps:
    signer = Signer(NAME, settings.issuing_keys())

    def client(audience: str, url: object) -> InternalClient:
        return InternalClient(session, base_url=str(url), audience=audience, signer=signer)

    return Deps(
        database=database,
        clock=SystemClock(),
        availability=Availability(client("availability", settings.availability_internal_url)),
        contacts=Contacts(client("contacts", settings.contacts_internal_url)),
        links=Links(
            [key.get_secret_value() for key in settings.link_keys], str(settings.public_url)
        ),
        request_deadline_seconds=settings.request_deadline_seconds,
    )


def _workers(deps: Deps, link: BrokerLink, interval_seconds: float) -> list[Worker]:
    host_left = asyncio.Event()
    consumer = Consumer(NAME, deps.database, link, HANDLERS, on_effect=host_left.set)
    return [
        consumer.run,
        Relay(deps.database, link).run,
        partial(keep_sweeping, deps, interval_seconds=interval_seconds),
        partial(keep_cancelling, deps, host_left, interval_seconds=interval_seconds),
        partial(keep_pruning, deps.database),
    ]


SERVICE = Service(
    name=NAME,
    settings=BookingsSettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_bookings")),
    assemble=assemble,
)
