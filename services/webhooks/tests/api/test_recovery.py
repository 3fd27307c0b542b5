"""Recovery of a disabled webhook: the step in docs/webhooks.md sends every missed event."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.deliveries import rows, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_common.clock import ShiftedClock
from linktime_common.contracts.wire import format_instant
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.signing import message_id
from linktime_webhooks.use_cases.process_replays import process_replays
from linktime_webhooks.use_cases.sweep import sweep

ATTEMPTS = "SELECT count(*) FROM attempts"
LEFT = "SELECT count(*) FROM deliveries"
HAS_FAILED_OFTEN = "UPDATE endpoint_health SET failures_since_success = 20"

Disable = Callable[[Ask, str, Deps, Subscriber], Awaitable[None]]


async def by_hand(ask: Ask, hook_id: str, _deps: Deps, _receiver: Subscriber) -> None:
    assert (await ask("PATCH", f"/{hook_id}", {"active": False}))[0] == 200


async def by_failure(_ask: Ask, _hook_id: str, deps: Deps, _receiver: Subscriber) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(HAS_FAILED_OFTEN)
    await sweep(replace(deps, clock=ShiftedClock(timedelta(hours=121))))


async def by_410(_ask: Ask, _hook_id: str, deps: Deps, receiver: Subscriber) -> None:
    receiver.answer = lambda _one: web.Response(status=410)
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET next_at = now()")


@pytest.mark.parametrize(
    ("disable", "reason", "waited"),
    [
        (by_hand, "owner", "suppressed"),
        (by_failure, "failing", "suppressed"),
        (by_410, "gone", "cancelled"),
    ],
)
async def test_all_missed_events_arrive(
    ask: Ask,
    deps: Deps,
    hook: dict[str, Any],
    owner: UUID,
    receiver: Subscriber,
    disable: Disable,
    reason: str,
    waited: str,
) -> None:
    """Both those pending then, which are older than `disabledAt`, and later ones."""
    path = f"/{hook['id']}"
    events = [booking_created(owner) for _ in range(4)]
    receiver.answer = lambda _one: web.Response(status=503)
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE endpoints SET url = $1", receiver.url)

    async def is_disabled() -> bool:
        return bool((await ask("GET", path))[1]["disabledReason"] == reason)

    async with dispatching(deps, delays=(0, 3600, 3600)):
        await take_in(deps, *events[:3])
        await eventually(lambda: _are(deps, ATTEMPTS, 3))
        await disable(ask, hook["id"], deps, receiver)
        await eventually(is_disabled)
        await eventually(lambda: _are(deps, LEFT, 0))
        await take_in(deps, events[3])
        _status, page = await ask("GET", f"{path}/deliveries")
        assert [one["state"] for one in page["data"]].count(waited) >= 2
        receiver.answer = lambda _one: web.Response(status=204)
        receiver.received.clear()

        # "switch it on again with `active: true`, then send everything that did not arrive with
        # `POST …/replay`, `from` 14 days ago and `to` now"
        assert (await ask("PATCH", path, {"active": True}))[0] == 200
        now = datetime.now(UTC)
        range_ = {"from": format_instant(now - timedelta(days=14)), "to": format_instant(now)}
        assert (await ask("POST", f"{path}/replay", range_))[0] == 202
        await process_replays(deps)
        await eventually(lambda: len(receiver.received) == len(events))
    arrived = {one.headers["webhook-id"] for one in receiver.received}
    assert arrived == {message_id(event.event_id) for event in events}


async def _are(deps: Deps, query: str, count: int) -> bool:
    return await rows(deps, query) == [(count,)]
