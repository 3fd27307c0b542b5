"""Concurrent reservations of one host: the rules hold, and other hosts do not wait."""

import asyncio
import contextlib
import itertools
import statistics
import time
from datetime import timedelta
from typing import Any

import pytest

from linktime_availability.store import host_lock, reservations
from linktime_availability.turns import HostTurns
from linktime_availability.use_cases.reserve import reserve
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually

HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)
CROWD = 200
BLOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class RolledBack(Exception):
    """Rolls a transaction back."""


def won(answers: list[Any]) -> list[Reservation]:
    return [answer for answer in answers if isinstance(answer, Reservation)]


def rules(answers: list[Any]) -> set[str]:
    return {answer.rule for answer in answers if isinstance(answer, RefusedReservation)}


def in_queues(turns: HostTurns) -> tuple[int, int]:
    """Return how many hold or wait for a turn to read and to write."""
    readers, writers = turns._reading.values(), turns._writing.values()
    return sum(queue.members for queue in readers), sum(queue.members for queue in writers)


async def test_two_hundred_requests_for_one_slot(world: Any) -> None:
    """One hold and one row; all others are refused before any time-out."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    start = world.clock.now() + HOUR
    began = time.perf_counter()
    answers = await asyncio.gather(*(world.reserve(event_type, start) for _ in range(CROWD)))
    seconds = time.perf_counter() - began
    assert len(won(answers)) == 1
    assert rules(answers) == {"busy"}
    assert await world.live(host.id) == 1
    assert seconds < 3
    assert in_queues(world.deps.turns) == (0, 0)
    assert not world.deps.turns._reading
    assert not world.deps.turns._writing


async def test_overlapping_slots_of_two_event_types(world: Any) -> None:
    """Event types of a host share the host's time."""
    host = await world.host()
    short = await world.event_type(host.id)
    long = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=15)
    start = world.clock.now() + HOUR
    asked = [world.reserve(short, start) for _ in range(40)]
    asked += [world.reserve(long, start - HALF_HOUR / 2) for _ in range(40)]
    answers = await asyncio.gather(*asked)
    assert len(won(answers)) == 1
    assert await world.live(host.id) == 1


async def test_many_moves_into_one_slot(world: Any) -> None:
    """Each booking keeps its old time; one holds the new one as well."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    start = world.clock.now() + HOUR
    held = [await world.held(event_type, start + number * HALF_HOUR) for number in range(20)]
    answers = await asyncio.gather(
        *(
            world.reserve(
                event_type, start + 30 * HOUR, booking_id=one.booking_id, reschedule_minutes=30
            )
            for one in held
        )
    )
    assert len(won(answers)) == 1
    assert await world.live(host.id) == len(held) + 1


async def test_daily_limit_with_concurrent_requests(world: Any) -> None:
    """Requests for different slots of one date with a limit of one."""
    host = await world.host()
    event_type = await world.event_type(host.id, daily_limit=1)
    starts = [world.clock.now() + HOUR + number * HALF_HOUR for number in range(16)]
    answers = await asyncio.gather(*(world.reserve(event_type, start) for start in starts))
    assert len(won(answers)) == 1
    assert rules(answers) == {"daily_limit"}
    assert await world.live(host.id) == 1


@pytest.mark.parametrize("same_day_slot", [HOUR, 2 * HOUR])
async def test_commit_of_another_process_is_seen_under_the_lock(
    world: Any, same_day_slot: timedelta
) -> None:
    """The offer is read again under the lock, for conflicts and the daily limit."""
    host = await world.host()
    event_type = await world.event_type(host.id, daily_limit=1)
    start = world.clock.now() + HOUR
    elsewhere = await world.held(event_type, start)
    async with world.database.connection() as connection:
        await connection.execute("DELETE FROM reservations WHERE id = $1", elsewhere.reservation_id)
    async with world.database.transaction() as other:
        await host_lock.take(other, host.id)
        asked = asyncio.ensure_future(world.reserve(event_type, world.clock.now() + same_day_slot))

        async def waits() -> bool:
            async with world.database.connection() as connection:
                return bool(await connection.fetchval(WAITING))

        await eventually(waits)
        await reservations.insert_held(other, elsewhere, hold_seconds=60)
    answer = await asked
    assert isinstance(answer, RefusedReservation)
    assert answer.rule == "daily_limit"
    assert await world.live(host.id) == 1


async def test_deadlock_is_retried(world: Any) -> None:
    """A transaction that inserts first and locks afterwards causes a delay, not an error."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    start = world.clock.now() + HOUR
    other = (await world.held(event_type, start + 50 * HOUR)).model_copy(
        update={
            "reservation_id": new_id(),
            "booking_id": new_id(),
            "start_time": start,
            "end_time": start + HALF_HOUR,
        }
    )
    asked = None
    with contextlib.suppress(RolledBack):
        async with world.database.transaction() as elsewhere:
            await elsewhere.execute("SET LOCAL deadlock_timeout = '1min'")  # ours is the one ended
            await reservations.insert_held(elsewhere, other, hold_seconds=60)
            asked = asyncio.ensure_future(world.reserve(event_type, start))

            async def waits() -> bool:
                async with world.database.connection() as connection:
                    return bool(await connection.fetchval(BLOCKED))

            await eventually(waits)
            await host_lock.take(elsewhere, host.id)
            raise RolledBack
    assert asked is not None
    assert isinstance(await asked, Reservation)


async def test_wait_for_the_lock_is_limited(world: Any) -> None:
    """Unavailable, and nothing is held."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    async with world.database.transaction() as other:
        await host_lock.take(other, host.id)
        with pytest.raises(Unavailable):
            await world.reserve(event_type, world.clock.now() + HOUR)
    assert await world.live(host.id) == 0
    await world.held(event_type, world.clock.now() + HOUR)


async def test_concurrent_repeats_return_one_reservation(world: Any) -> None:
    """A retry may overtake the first request."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    request = world.request(event_type, world.clock.now() + HOUR)
    answers = await asyncio.gather(*(reserve(request, world.deps) for _ in range(20)))
    assert len(won(answers)) == 20
    assert len({answer.model_dump_json() for answer in answers}) == 1
    assert await world.live(host.id) == 1


async def test_requests_for_one_host_do_not_delay_another(world: Any) -> None:
    """While two hundred requests wait for one host, and while they are processed, a reserve of
    another takes hardly longer: waiting requests hold no connection.

    The bound is wider than the promised 50 ms, for machines that do other things as well.
    """
    wanted, other = await world.host(), await world.host()
    wanted_type = await world.event_type(wanted.id)
    other_type = await world.event_type(other.id)
    starts = (world.clock.now() + HOUR + number * HALF_HOUR for number in itertools.count())

    async def timed() -> float:
        start = next(starts)
        began = time.perf_counter()
        await world.held(other_type, start)
        return time.perf_counter() - began

    async def median() -> float:
        return statistics.median([await timed() for _ in range(9)])

    alone = await median()
    async with world.database.transaction() as elsewhere:
        await host_lock.take(elsewhere, wanted.id)
        crowd = [
            asyncio.ensure_future(
                world.reserve(wanted_type, world.clock.now() + HOUR + number * HALF_HOUR)
            )
            for number in range(CROWD)
        ]
        await eventually(lambda: in_queues(world.deps.turns) == (0, CROWD))
        waiting = await median()
    served = await timed()
    # The first request waits at the database, and on a slow machine may have timed out.
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert len(won(answers)) > CROWD / 2
    assert max(waiting, served) - alone < 0.15


async def test_wait_for_a_turn_is_limited() -> None:
    """Unavailable after the limit; the queues are empty afterwards."""
    turns, host_id = HostTurns(wait_seconds=0.01), new_id()
    async with turns.writing(host_id) as waited:
        assert not waited
        with pytest.raises(Unavailable):
            async with turns.writing(host_id):
                pytest.fail("two at once")
        async with turns.writing(new_id()):
            assert in_queues(turns) == (0, 2)
    assert in_queues(turns) == (0, 0)


async def test_turns_are_first_come_first_served() -> None:
    """All but the first get True, since they waited."""
    turns, host_id, order = HostTurns(), new_id(), []

    async def ask(number: int) -> None:
        async with turns.writing(host_id) as waited:
            order.append((number, waited))
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(number) for number in range(10)))
    assert order == [(number, number > 0) for number in range(10)]
