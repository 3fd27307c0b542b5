"""A paused webhook: how its owner sees and ends the pause."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint
from linktime_webhooks.use_cases.store_events import store_events

OPEN = "breaker = 'open', breaker_until = now() + interval '9 minutes', breaker_seconds = 600"
HALF_OPEN = "breaker = 'half_open', breaker_until = now() + interval '1 minute'"
PAUSED = "paused_until = now() + interval '1 hour'"
FAILING = "failing_since = now() - interval '1 hour', consecutive_failures = 5"
HELD = [
    (f"{OPEN}, {FAILING}", "failing"),
    (f"{HALF_OPEN}, {FAILING}", "failing"),
    (PAUSED, "paused"),
]


@pytest.fixture
async def hook(deps: Deps, owner: UUID, receiver: Subscriber) -> str:
    """The id of a webhook of the receiver, with one pending event."""
    endpoint, _secret = await add_endpoint(
        AddEndpoint(owner, receiver.url, ["booking.created"]), deps
    )
    async with deps.database.transaction() as connection:
        await store_events(connection, [booking_created(owner)])
    return str(endpoint.id)


async def run(database: Database, statement: str) -> None:
    async with database.connection() as connection:
        await connection.execute(statement)


async def only_delivery(ask: Ask, hook: str) -> dict[str, Any]:
    (one,) = (await ask("GET", f"/{hook}/deliveries"))[1]["data"]
    status, detail = await ask("GET", f"/{hook}/deliveries/{one['id']}")
    assert (status, detail["nextAttemptAt"]) == (200, one["nextAttemptAt"])
    return dict(one)


@pytest.mark.parametrize(("held", "state"), HELD)
async def test_the_end_of_a_pause_is_shown(
    ask: Ask, hook: str, database: Database, held: str, state: str
) -> None:
    """On the webhook and on its pending deliveries; a past time is not shown."""
    await run(database, f"UPDATE endpoint_health SET {held}")
    _status, shown = await ask("GET", f"/{hook}")
    assert shown["state"] == state
    assert shown["pausedUntil"] is not None
    assert (await only_delivery(ask, hook))["nextAttemptAt"] == shown["pausedUntil"]
    await run(database, "UPDATE endpoint_health SET breaker_until = now(), paused_until = now()")
    assert (await ask("GET", f"/{hook}"))[1]["pausedUntil"] is None


async def test_a_retry_later_than_the_pause_keeps_its_time(
    ask: Ask, hook: str, database: Database
) -> None:
    """And a test event does not wait."""
    await run(database, f"UPDATE endpoint_health SET {OPEN}")
    await run(database, "UPDATE deliveries SET next_at = now() + interval '5 hours'")
    until = datetime.fromisoformat((await ask("GET", f"/{hook}"))[1]["pausedUntil"])
    one = await only_delivery(ask, hook)
    assert datetime.fromisoformat(one["nextAttemptAt"]) > until
    status, test = await ask("POST", f"/{hook}/test", {"eventType": "booking.created"})
    assert (status, test["nextAttemptAt"] <= test["createdAt"]) == (202, True)


@pytest.mark.parametrize(("held", "_state"), HELD)
async def test_enabling_a_held_webhook_forgets_its_failures(
    ask: Ask, hook: str, deps: Deps, receiver: Subscriber, held: str, _state: str
) -> None:
    """The pause ends, and pending deliveries are sent at once, retries included."""
    await run(deps.database, f"UPDATE endpoint_health SET {held}")
    await run(
        deps.database, "UPDATE deliveries SET attempt = 1, next_at = now() + interval '5 hours'"
    )
    status, shown = await ask("PATCH", f"/{hook}", {"active": True})
    assert (status, shown["state"], shown["pausedUntil"]) == (200, "active", None)
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the pending delivery")

        async def delivered() -> bool:
            return (await only_delivery(ask, hook))["state"] == "delivered"

        await eventually(delivered)


async def test_a_seventh_test_in_a_minute_is_429(ask: Ask, hook: str, database: Database) -> None:
    """With Retry-After; nothing is stored, so the same key succeeds later."""
    path, body = f"/{hook}/test", {"eventType": "booking.created"}
    made = [(await ask("POST", path, body))[1] for _ in range(6)]
    assert await ask("POST", path, body, key="seventh") == (
        429,
        {
            "error": "A webhook can be sent at most 6 test events a minute; try again in a minute",
            "code": "too_many_tests",
        },
    )
    await run(database, "DELETE FROM deliveries WHERE kind = 'event'")
    await _end_tests(database)
    again = f"/{hook}/deliveries/{made[0]['id']}/replay"
    assert (await ask("POST", again))[0] == 429
    await run(database, "UPDATE endpoint_health SET tests_at = '{}'")
    assert (await ask("POST", path, body, key="seventh"))[0] == 202
    assert (await ask("POST", again))[0] == 202


async def _end_tests(database: Database) -> None:
    await run(
        database,
        "WITH ended AS (DELETE FROM deliveries RETURNING *)"
        " INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,"
        " attempt, created_at, finished_at)"
        " SELECT id, event_id, event_created_at, endpoint_id, kind, 'failed', 1, created_at, now()"
        " FROM ended",
    )
