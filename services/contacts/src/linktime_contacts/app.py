"""The only place that builds this service's parts, and closes them."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from linktime_common.clock import SystemClock
from linktime_common.http.parked import parked_routes
from linktime_common.idempotency import keep_pruning
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import connect
from linktime_common.process import Parts, Role, Service
from linktime_common.supervision import SupervisedTask, supervised
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.api.routes import INTERNAL, PUBLIC
from linktime_contacts.consumers import HANDLERS
from linktime_contacts.deps import DEPS, Deps
from linktime_contacts.settings import ContactsSettings

NAME = "contacts"


@contextlib.asynccontextmanager
async def assemble(settings: ContactsSettings, role: Role) -> AsyncIterator[Parts]:
    """Pool, broker link, relay and consumer; where no relay runs, what wakes the others."""
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(settings.postgres_dsn.get_secret_value(), application_name=NAME)
        stack.push_async_callback(database.close)
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(settings.broker_prefix),
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
            public_routes=PUBLIC,
            internal_routes=[*INTERNAL, *parked_routes(database, link)],
            statuses=STATUSES,
            state={DEPS: Deps(database, SystemClock())},
            workers=[
                Consumer(NAME, database, link, HANDLERS).run,
                Relay(database, link).run,
                partial(keep_pruning, database),
            ],
            ready=ready,
        )


SERVICE = Service(
    name=NAME,
    settings=ContactsSettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_contacts")),
    assemble=assemble,
)
