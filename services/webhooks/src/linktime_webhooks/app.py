"""The only place that builds this service's parts, and closes them."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

from linktime_common.clock import ShiftedClock
from linktime_common.errors import Unavailable
from linktime_common.http.parked import parked_routes
from linktime_common.idempotency import keep_pruning
from linktime_common.logs import logger
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import connect
from linktime_common.process import Parts, Role, Service
from linktime_common.sealing import Sealer
from linktime_webhooks.api.errors import STATUSES
from linktime_webhooks.api.routes import INTERNAL, PUBLIC
from linktime_webhooks.clients.resolver import Resolver
from linktime_webhooks.clients.subscriber import Subscribers
from linktime_webhooks.consumers import HANDLERS
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.dispatcher.sweeping import keep_sweeping
from linktime_webhooks.retention import keep_retention, retain
from linktime_webhooks.settings import WebhooksSettings
from linktime_webhooks.use_cases.work_off_replays import keep_replaying

NAME = "webhooks"
# More of them and sooner than elsewhere: subscribers wait for them.
PREFETCH = 600
MOST_TOGETHER = 200
BETWEEN = timedelta(milliseconds=20)


@contextlib.asynccontextmanager
async def assemble(settings: WebhooksSettings, role: Role) -> AsyncIterator[Parts]:
    """Pool, broker link, session, dispatcher."""
    sealer = Sealer([key.get_secret_value() for key in settings.sealing_keys])
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(settings.postgres_dsn.get_secret_value(), application_name=NAME)
        stack.push_async_callback(database.close)
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        resolver = await stack.enter_async_context(
            Resolver(
                settings.allowed_networks,
                forbidden_ports=settings.forbidden_ports,
                server=settings.dns_server,
            )
        )
        subscribers = await stack.enter_async_context(_subscribers(settings, resolver))
        clock = ShiftedClock(settings.clock_shift)
        deps = Deps(database, sealer, resolver, settings.allow_http, clock)
        if role.works:
            # Before anything is written, so that it finds its partition; else the worker's task.
            with contextlib.suppress(Unavailable):
                await retain(deps)
        dispatcher = Dispatcher(deps, subscribers, settings.retry_delays_seconds)
        consumer = Consumer(
            NAME,
            database,
            link,
            HANDLERS,
            prefetch=PREFETCH,
            most_together=MOST_TOGETHER,
            between=BETWEEN,
            on_effect=dispatcher.wake,
        )
        yield Parts(
            public_routes=PUBLIC,
            internal_routes=[*INTERNAL, *parked_routes(database, link)],
            statuses=STATUSES,
            state={DEPS: deps},
            workers=[
                consumer.run,
                dispatcher.run,
                Relay(database, link).run,
                partial(keep_sweeping, deps),
                partial(keep_replaying, deps),
                partial(keep_retention, deps),
                partial(keep_pruning, database),
            ],
            ready={
                "database": database.is_reachable,
                **({"broker": link.is_ready} if role.works else {}),
            },
        )


def _subscribers(settings: WebhooksSettings, resolver: Resolver) -> Subscribers:
    if settings.allowed_networks or settings.allow_http:
        logger().warning(
            "WEBHOOKS MAY REACH MORE THAN PUBLIC HTTPS",
            allowed_networks=[str(network) for network in settings.allowed_networks],
            allow_http=settings.allow_http,
        )
    proxy = settings.egress_proxy
    return Subscribers(
        resolver,
        proxy=proxy.get_secret_value() if proxy else None,
        ca_file=settings.ca_file,
    )


SERVICE = Service(
    name=NAME,
    settings=WebhooksSettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_webhooks")),
    assemble=assemble,
)
