"""How dispatchers handle an endpoint that fails, asks for a pause, or returns 410."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from aiohttp import web
from services.webhooks.tests.deliveries import ENDED, LIVE, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_common.clock import ShiftedClock
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain import health
from linktime_webhooks.store import endings, endpoints
from linktime_webhooks.store.endpoints import DISABLE
from linktime_webhooks.use_cases.sweep import sweep

BREAKER = "SELECT breaker, consecutive_failures FROM endpoint_health"
ATTEMPTS = "SELECT count(*) FROM attempts"
NOTICES = "SELECT convert_from(envelope, 'UTF8') FROM outbox ORDER BY seq"
SLOW = (True, "closed")
LET_BREAKER_END = "UPDATE endpoint_health SET breaker_until = now()"


async def run(deps: Deps, statement: str) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(statement)


async def notices(deps: Deps) -> list[str]:
    return [orjson.loads(text)["data"]["notice"] for (text,) in await rows(deps, NOTICES)]


async def take_in_many(deps: Deps, owner: UUID, count: int) -> None:
    for _ in range(count):
        await take_in(deps, booking_created(owner))


async def test_an_open_breaker_defers_without_using_up_attempts(
    deps: Deps, receiver: Subscriber
) -> None:
    """After five failures nothing is sent, and no attempt is used up. One probe follows."""
    owner, is_well = uuid4(), False
    receiver.answer = lambda _one: web.Response(status=204 if is_well else 500)
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps, delays=(0, 3600)):
        await take_in_many(deps, owner, 12)
        await eventually(lambda: _is(deps, BREAKER, ("open", 5)))
        sent = len(receiver.received)
        await asyncio.sleep(0.6)  # two polls: nothing more is sent
        assert len(receiver.received) == sent == 5
        assert sorted(await rows(deps, LIVE)) == [(0, 0)] * 7 + [(1, 0)] * 5
        await run(deps, LET_BREAKER_END)
        await eventually(lambda: _is(deps, BREAKER, ("open", 6)))
        assert len(receiver.received) == 6
        is_well = True
        await run(deps, LET_BREAKER_END)
        await eventually(lambda: _is(deps, BREAKER, ("closed", 0)))
        await eventually(lambda: len(receiver.received) == 12)


async def test_one_probe_at_a_time_across_processes(deps: Deps, receiver: Subscriber) -> None:
    """Two dispatchers find the half-open endpoint: one request is sent."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=500)
    await subscribe(deps, owner, receiver.url)
    await take_in_many(deps, owner, 10)
    await run(deps, "UPDATE endpoint_health SET breaker = 'open', breaker_until = now()")
    async with dispatching(deps, delays=(0, 3600)), dispatching(deps, delays=(0, 3600)):
        await eventually(lambda: _is(deps, BREAKER, ("open", 1)))
    assert len(receiver.received) == 1


async def test_the_breaker_outlives_the_process(deps: Deps, receiver: Subscriber) -> None:
    """A restart does not send a backlog to a failing endpoint."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=503)
    await subscribe(deps, owner, receiver.url)
    await take_in_many(deps, owner, 12)
    async with dispatching(deps, delays=(0, 3600)):
        await eventually(lambda: _is(deps, BREAKER, ("open", 5)))
    async with dispatching(deps, delays=(0, 3600)):
        await asyncio.sleep(0.6)  # two polls: nothing more is sent
    assert len(receiver.received) == 5


async def test_429_pauses_the_endpoint_not_only_the_delivery(
    deps: Deps, receiver: Subscriber
) -> None:
    """Other pending deliveries wait too, at least a minute, and use up no attempt."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=429, headers={"Retry-After": "5"})
    await subscribe(deps, owner, receiver.url)
    await take_in_many(deps, owner, 6)
    query = "SELECT paused_until > now() + interval '50 seconds' FROM endpoint_health"
    async with dispatching(deps):
        await eventually(lambda: _is(deps, query, (True,)))
        await asyncio.sleep(0.6)  # two polls: nothing more is sent
    assert len(receiver.received) == 1
    assert (0, 0) in await rows(deps, LIVE)


async def test_410_disables_at_once_and_cancels_pending_deliveries(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its owner is notified; later events are stored as suppressed."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=410)
    await subscribe(deps, owner, receiver.url)
    await take_in_many(deps, owner, 4)
    async with dispatching(deps):
        disabled = "SELECT disabled_reason FROM endpoints"
        await eventually(lambda: _is(deps, disabled, ("gone",)))
    await take_in(deps, booking_created(owner))
    ended = [state for state, _attempt in await rows(deps, ENDED)]
    assert await rows(deps, LIVE) == []
    assert sorted(set(ended)) == ["cancelled", "suppressed"]
    assert ended.count("suppressed") == 1
    assert await notices(deps) == ["webhook.disabled.gone"]


async def test_a_backlog_of_any_size_does_not_keep_an_endpoint_enabled(
    deps: Deps, receiver: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended in batches: the first with the endpoint, what a crash leaves by the sweeper."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, *[booking_created(owner) for _ in range(25)])
    ((endpoint_id,),) = await rows(deps, "SELECT id FROM endpoints")
    assert isinstance(endpoint_id, UUID)
    monkeypatch.setattr(endings, "BATCH", 10)
    async with deps.database.transaction() as connection:
        await endpoints.disable(
            connection, owner_id=owner, endpoint_id=endpoint_id, reason="failing"
        )
        assert await endings.end_some(connection, endpoint_id)
    assert len(await rows(deps, LIVE)) == 15
    async with dispatching(deps):
        await asyncio.sleep(0.6)  # two polls: nothing is sent
    assert receiver.received == []
    await sweep(deps)
    assert await rows(deps, ENDED) == [("suppressed", 0)] * 25


async def test_events_for_a_disabled_endpoint_are_kept_and_never_sent(
    deps: Deps, receiver: Subscriber
) -> None:
    """Not dropped (frain-dev/convoy#650): they are only sent by a replay."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    async with deps.database.connection() as connection:
        await connection.execute(DISABLE, owner, endpoint_id, "owner")
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await asyncio.sleep(0.6)  # two polls: nothing is sent
    assert receiver.received == []
    assert await rows(deps, ENDED) == [("suppressed", 0)]
    assert await rows(deps, "SELECT count(*) FROM events") == [(1,)]


async def test_an_endpoint_that_fails_for_days_is_disabled(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its owner is warned at 24 and 72 hours, once each; disabled at 120 (hookdeck/outpost#596)."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=500)
    await subscribe(deps, owner, receiver.url)
    await take_in_many(deps, owner, 2)
    async with dispatching(deps, delays=(0, 3600)):
        await eventually(lambda: _is(deps, ATTEMPTS, (2,)))
    await run(deps, "UPDATE endpoint_health SET failures_since_success = 20")
    for hours in (23, 25, 26, 73, 74, 119, 121, 122):
        await sweep(replace(deps, clock=ShiftedClock(timedelta(hours=hours))))
    assert await notices(deps) == [
        "webhook.failing.24h",
        "webhook.failing.72h",
        "webhook.disabled.failing",
    ]
    assert await rows(deps, "SELECT disabled_reason FROM endpoints") == [("failing",)]
    assert await rows(deps, LIVE) == []
    assert await rows(deps, ENDED) == [("suppressed", 1)] * 2


async def test_a_rate_holds_for_all_processes_together(deps: Deps, receiver: Subscriber) -> None:
    """Ten a second in all, with two dispatchers (frain-dev/convoy#1927); none fails."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await run(deps, "UPDATE endpoints SET rate_per_second = 10")
    await take_in_many(deps, owner, 25)
    began = time.monotonic()
    async with dispatching(deps), dispatching(deps):
        await eventually(lambda: len(receiver.received) == 25, within=30)
    # The bucket is full at first: the tokens of a sixth of a second, and one.
    assert time.monotonic() - began >= (25 - 2.5) / 10
    await eventually(lambda: _all_delivered(deps, 25))


async def test_a_test_event_is_tried_once_and_changes_no_health(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its failure does not count."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(status=500)
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    await run(deps, "UPDATE deliveries SET kind = 'test'")
    async with dispatching(deps):
        await eventually(lambda: _is(deps, ENDED, ("failed", 1)))
    assert await rows(deps, BREAKER) == [("closed", 0)]
    assert await rows(deps, "SELECT failing_since FROM endpoint_health") == [(None,)]


async def test_slow_tests_put_their_endpoint_into_the_slow_lane(
    deps: Deps, receiver: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They use no more slots than slow events; a 410 to a test disables nothing."""
    owner = uuid4()
    monkeypatch.setattr(health, "SLOW_MS", -1)
    receiver.answer = lambda _one: web.Response(status=410)
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    await run(deps, "UPDATE deliveries SET kind = 'test'")
    async with dispatching(deps):
        await eventually(lambda: _is(deps, "SELECT slow, breaker FROM endpoint_health", SLOW))
    assert await rows(deps, ENDED) == [("failed", 1)]
    assert await rows(deps, "SELECT disabled_at FROM endpoints") == [(None,)]


async def _is(deps: Deps, query: str, row: tuple[object, ...]) -> bool:
    return row in await rows(deps, query)


async def _all_delivered(deps: Deps, count: int) -> bool:
    return await rows(deps, ENDED) == [("delivered", 1)] * count
