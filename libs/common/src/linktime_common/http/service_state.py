"""What a service knows of its database and its queue, for the operator.

See contracts.internal_api.service_state.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from linktime_common import connection_counts
from linktime_common.contracts.internal_api.service_state import ServiceState
from linktime_common.http import bodies
from linktime_common.http.routes import Route, get
from linktime_common.identity import CallerKind
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST
from linktime_common.migrate import MigrationSource, compare_history
from linktime_common.postgres import Database

BROKER_SECONDS = 3.0


def service_state_route(
    database: Database,
    link: BrokerLink | None,
    sources: Sequence[MigrationSource],
    consumer: str | None,
    *,
    service: str,
    pool_size: int | None,
) -> Route:
    """Return the route on every service's internal port; `consumer` is the name of its queue.

    `pool_size` is None with a PgBouncer.
    """

    async def get_state(_request: web.Request) -> web.Response:
        async with database.connection() as connection:
            missing, unknown = await compare_history(connection, sources)
            lag = await outbox.lag(connection)
            counts = await connection_counts.count(connection, service, pool_size=pool_size)
        state = ServiceState(
            missing_migrations=missing,
            unknown_migrations=unknown,
            unpublished_events=lag.unpublished,
            oldest_event_seconds=round(lag.oldest_seconds, 1),
            connections=counts,
        )
        if link is None:
            return bodies.reply(state)
        return bodies.reply(state.model_copy(update=await _broker(link, consumer)))

    return get("/internal/state", get_state, CallerKind.OPERATOR)


async def _broker(link: BrokerLink, consumer: str | None) -> dict[str, object]:
    try:
        async with asyncio.timeout(BROKER_SECONDS):
            problem = await link.find_problem()
            if problem is not None or consumer is None:
                return {"broker_problem": problem}
            subscriptions, waiting = await link.count_of_queue(consumer)
    except BROKER_LOST:
        return {"broker_problem": "RabbitMQ does not answer"}
    return {"subscriptions": subscriptions, "waiting_messages": waiting}
