"""The only place that builds this service's parts, and closes them."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from linktime_availability.api.errors import STATUSES
from linktime_availability.api.routes import INTERNAL, PUBLIC
from linktime_availability.clients.scim import Directory
from linktime_availability.consumers import HANDLERS
from linktime_availability.deps import DEPS, Deps
from linktime_availability.settings import AvailabilitySettings
from linktime_availability.turns import HostTurns
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.parked import parked_routes
from linktime_common.idempotency import keep_pruning
from linktime_common.identity import Signer
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import connect
from linktime_common.process import Parts, Role, Service

NAME = "availability"


@contextlib.asynccontextmanager
async def assemble(settings: AvailabilitySettings, role: Role) -> AsyncIterator[Parts]:
    """Pool, broker link, the way to the directory."""
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(settings.postgres_dsn.get_secret_value(), application_name=NAME)
        stack.push_async_callback(database.close)
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        session = await stack.enter_async_context(open_session())
        directory = InternalClient(
            session,
            base_url=str(settings.scim_internal_url),
            audience="scim",
            signer=Signer(NAME, settings.issuing_keys()),
        )
        deps = Deps(
            database=database,
            clock=SystemClock(),
            directory=Directory(directory),
            turns=HostTurns(),
            hold_seconds=settings.hold_seconds,
            public_url=str(settings.public_url).rstrip("/"),
        )
        yield Parts(
            public_routes=PUBLIC,
            internal_routes=[*INTERNAL, *parked_routes(database, link)],
            statuses=STATUSES,
            state={DEPS: deps},
            workers=[
                Consumer(NAME, database, link, HANDLERS).run,
                partial(keep_pruning, database),
            ],
            # What is answered over HTTP needs no broker, so without one it goes on being answered.
            ready={
                "database": database.is_reachable,
                **({"broker": link.is_ready} if role.works else {}),
            },
        )


SERVICE = Service(
    name=NAME,
    settings=AvailabilitySettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_availability")),
    assemble=assemble,
)
