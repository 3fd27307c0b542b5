"""Frees expired leases, checks failing endpoints, ends leftover deliveries, and measures."""

from datetime import timedelta

from prometheus_client import Counter, Gauge

from linktime_common.logs import logger
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.health import WARN_AFTER_HOURS
from linktime_webhooks.store import health, leases, queue
from linktime_webhooks.use_cases.disable_endpoint import judge_endpoint
from linktime_webhooks.use_cases.end_deliveries import end_the_rest

BATCH = 1_000
JUDGED_AT_ONCE = 200
ENDED_AT_ONCE = 100

DEPTH = Gauge("linktime_webhooks_queue_depth", "Live deliveries, counted up to 100,000", ["lane"])
OLDEST_DUE = Gauge(
    "linktime_webhooks_oldest_due_seconds", "Age of the delivery that has been due longest"
)
ENDPOINTS = Gauge("linktime_webhooks_endpoints", "Endpoints in each state", ["state"])
RETURNED = Counter("linktime_webhooks_leases_expired", "Deliveries whose dispatcher crashed")
POISON = Counter("linktime_webhooks_poison_deliveries", "Deliveries ended for crashing dispatchers")


async def sweep(deps: Deps) -> None:
    """Run once."""
    await _return_expired(deps)
    await _judge(deps)
    await _end_leftovers(deps)
    await _measure(deps)


async def _return_expired(deps: Deps) -> None:
    count = BATCH
    while count == BATCH:
        async with deps.database.connection() as connection:
            returned, poison = await leases.return_expired(connection, limit=BATCH)
        count = returned + poison
        RETURNED.inc(returned)
        POISON.inc(poison)
        if count:
            logger().warning("leases expired", returned=returned, poison=poison)


async def _judge(deps: Deps) -> None:
    since = deps.clock.now() - timedelta(hours=min(WARN_AFTER_HOURS))
    async with deps.database.connection() as connection:
        failing = await health.failing(connection, since=since, limit=JUDGED_AT_ONCE)
    for endpoint_id in failing:
        await judge_endpoint(endpoint_id, deps)


async def _end_leftovers(deps: Deps) -> None:
    # Disabling or deleting an endpoint ends these, unless its process crashed or they were claimed.
    async with deps.database.connection() as connection:
        left = await queue.left_behind(connection, limit=ENDED_AT_ONCE)
    for endpoint_id in left:
        await end_the_rest(deps.database, endpoint_id)


async def _measure(deps: Deps) -> None:
    async with deps.database.connection() as connection:
        found = await queue.measure(connection)
    for lane, depth in found.depth.items():
        DEPTH.labels(lane).set(depth)
    OLDEST_DUE.set(found.oldest_due_seconds)
    for state, count in found.endpoints.items():
        ENDPOINTS.labels(state).set(count)
