"""Test events are not delayed, and do not count for health."""

import asyncio
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from services.webhooks.tests.deliveries import rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_common.clock import SystemClock
from linktime_common.idempotency import WriteAttempt
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.claiming_tests import ClaimerOfTests
from linktime_webhooks.dispatcher.slots import Lane, SendSlots
from linktime_webhooks.domain.delivery import Delivery
from linktime_webhooks.domain.errors import TooManyTests
from linktime_webhooks.domain.turns import PER_ENDPOINT
from linktime_webhooks.store import turns
from linktime_webhooks.use_cases.send_test_event import SendTestEvent, send_test_event

TESTS = "SELECT state FROM delivery_history WHERE kind = 'test'"
HEALTH = "SELECT breaker, breaker_until, paused_until, consecutive_failures FROM endpoint_health"


async def ask_for_test(deps: Deps, owner: UUID, endpoint_id: UUID) -> Delivery:
    command = SendTestEvent(
        owner_id=owner,
        endpoint_id=endpoint_id,
        event_type="booking.created",
        now=SystemClock().now(),
    )
    deadline = asyncio.get_running_loop().time() + 10
    attempt: WriteAttempt[Delivery] = WriteAttempt({}, deadline, lambda _made: None)
    return await send_test_event(command, deps, attempt)


async def run(deps: Deps, statement: str) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(statement)


@pytest.mark.parametrize("status", [204, 500])
@pytest.mark.parametrize(
    "held",
    [
        "breaker = 'open', breaker_until = now() + interval '1 hour'",
        "breaker = 'half_open', breaker_until = now() + interval '1 hour'",
        "paused_until = now() + interval '1 hour'",
    ],
    ids=["open", "half-open", "paused"],
)
async def test_a_test_ignores_breaker_and_pause(
    deps: Deps, receiver: Subscriber, held: str, status: int
) -> None:
    """It is sent and changes neither; other due deliveries still wait."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    receiver.answer = lambda _one: web.Response(status=status)
    await run(deps, f"UPDATE endpoint_health SET {held}")
    before = await rows(deps, HEALTH)
    await take_in(deps, booking_created(owner))
    await ask_for_test(deps, owner, endpoint_id)
    async with dispatching(deps):
        await eventually(lambda: _tried(deps, 1))
    assert len(receiver.received) == 1
    assert await rows(deps, HEALTH) == before


async def test_a_test_is_no_probe(deps: Deps, receiver: Subscriber) -> None:
    """While a test is in flight, the probe is sent as well."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await ask_for_test(deps, owner, endpoint_id)
    (claimed,) = await ClaimerOfTests(deps.database, uuid4(), SendSlots()).claim()
    assert claimed.kind == "test"
    await run(deps, "UPDATE endpoint_health SET breaker = 'open', breaker_until = now()")
    await take_in(deps, booking_created(owner))
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the probe")
    assert await rows(deps, "SELECT breaker FROM endpoint_health") == [("closed",)]


async def test_a_test_does_not_wait_behind_backlog_and_rate(
    deps: Deps, receiver: Subscriber
) -> None:
    """A hundred deliveries wait at one a second: the test arrives meanwhile."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await run(deps, "UPDATE endpoints SET rate_per_second = 1")
    await take_in(deps, *[booking_created(owner) for _ in range(100)])
    await ask_for_test(deps, owner, endpoint_id)
    async with dispatching(deps):
        await eventually(lambda: _tried(deps, 1))
    assert len(receiver.received) < 50


async def test_a_test_gets_a_slot_from_a_backlog_that_has_all(
    deps: Deps, receiver: Subscriber
) -> None:
    """Dispatchers with all eight slots make room; there are never more than eight."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    holder = str(uuid4())
    claimer = ClaimerOfTests(deps.database, uuid4(), SendSlots())
    await _hold(deps, endpoint_id, holder, PER_ENDPOINT)
    await ask_for_test(deps, owner, endpoint_id)
    assert await claimer.claim() == []
    async with deps.database.transaction() as connection:
        turn = (await turns.lock(connection, [endpoint_id]))[endpoint_id]
        assert turn.room(holder, PER_ENDPOINT) == 0
        assert turn.room(holder, 4) == 0  # without the fix it would take the other four again
    await _hold(deps, endpoint_id, holder, PER_ENDPOINT - 1)
    assert len(await claimer.claim()) == 1
    async with deps.database.transaction() as connection:
        turn = (await turns.lock(connection, [endpoint_id]))[endpoint_id]
        assert sum(one.slots for one in turn.taken.values()) == PER_ENDPOINT


async def test_the_slot_of_a_test_is_returned(deps: Deps, receiver: Subscriber) -> None:
    """With its response, not when a dead dispatcher's slots would expire."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await ask_for_test(deps, owner, endpoint_id)
    slots = SendSlots()
    claimer = ClaimerOfTests(deps.database, uuid4(), slots)
    assert len(await claimer.claim()) == 1
    slots.take(endpoint_id, Lane.TEST)
    assert await claimer.claim() == []
    assert await rows(deps, "SELECT taken <> '{}' FROM endpoint_turns") == [(True,)]
    slots.give_back(endpoint_id, Lane.TEST, delivered=False)
    assert await claimer.claim() == []
    assert await rows(deps, "SELECT taken FROM endpoint_turns") == [({},)]


async def test_tests_are_six_a_minute(deps: Deps, receiver: Subscriber) -> None:
    """The seventh is refused until the first is a minute old; other webhooks are not affected."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    other, _secret = await subscribe(deps, owner, receiver.url)
    for _ in range(6):
        await ask_for_test(deps, owner, endpoint_id)
    with pytest.raises(TooManyTests):
        await ask_for_test(deps, owner, endpoint_id)
    await ask_for_test(deps, owner, other)
    await run(
        deps,
        "UPDATE endpoint_health SET tests_at[1] = now() - interval '61 seconds'"
        " WHERE cardinality(tests_at) = 6",
    )
    await ask_for_test(deps, owner, endpoint_id)
    with pytest.raises(TooManyTests):
        await ask_for_test(deps, owner, endpoint_id)


async def _tried(deps: Deps, count: int) -> bool:
    return len(await rows(deps, TESTS)) == count


async def _hold(deps: Deps, endpoint_id: UUID, holder: str, slots: int) -> None:
    """Make another dispatcher hold this many slots of the endpoint."""
    async with deps.database.transaction() as connection:
        await turns.add(connection, [endpoint_id])
        turn = (await turns.lock(connection, [endpoint_id]))[endpoint_id]
        await turns.save(connection, [turn.after(holder, slots=slots, tokens=0, wants_more=False)])
