"""Concurrent conflicting requests over HTTP."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from services.bookings.tests.calls import Caller, Reply, slot, wire
from services.bookings.tests.fakes import FakeAvailability
from services.bookings.tests.rows import events, lock_waiters, rows
from services.bookings.tests.surroundings import Surroundings, surroundings_of

from linktime_bookings.clients import availability as client
from linktime_common.postgres import Database
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.waiting import eventually

THIRD = """
    INSERT INTO bookings
    SELECT (jsonb_populate_record(NULL::bookings, to_jsonb(one) || jsonb_build_object(
               'id', gen_random_uuid(), 'starts_at', $1::timestamptz, 'ends_at', $2::timestamptz
           ))).*
      FROM (SELECT * FROM bookings LIMIT 1) AS one
"""
LIVE = "SELECT reservation_id FROM bookings WHERE status = 'CONFIRMED'"


@pytest.fixture
async def prepared(
    template_databases: TemplateDatabases, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Surroundings]:
    """Of each test, with long time-outs, so that the tests pass on a busy machine."""
    monkeypatch.setattr(client, "RESERVE_SECONDS", 30)
    monkeypatch.setattr(client, "DIRECT_SECONDS", 30)
    async with surroundings_of(template_databases, request_deadline_seconds=60) as made:
        yield made


async def test_one_slot_is_booked_once(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """200 requests, all with a hold: one 201, the others 409, and their holds are freed."""
    availability.grants_overlaps = True
    replies = await asyncio.gather(*(host.book(slot(0)) for _ in range(200)))
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [201] + [409] * 199
    assert await events(database) == ["booking.created"]
    ((kept,),) = await rows(database, LIVE)
    assert availability.in_state("held") == {kept}
    assert len(availability.in_state("freed")) == 199


async def test_overlapping_slots_are_booked_once(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """Starts a minute apart conflict, touching bookings do not."""
    availability.grants_overlaps = True
    starts = [slot(0), slot(0).replace(minute=1), slot(0).replace(minute=29), slot(1)]
    replies = await asyncio.gather(*(host.book(start) for start in starts))
    assert (await host.book(slot(-1))).status == 201
    booked = await rows(database, "SELECT starts_at, ends_at FROM bookings ORDER BY starts_at")
    assert all(one[1] <= other[0] for one, other in pairwise(booked))
    assert {reply.status for reply in replies} == {201, 409}


async def test_concurrent_cancellations(host: Caller, database: Database) -> None:
    """One succeeds; the others are refused and write no event."""
    booking_id = await host.booked(slot(0))
    async with database.transaction() as connection:
        await connection.execute("SELECT 1 FROM bookings FOR UPDATE")
        calls = [asyncio.ensure_future(host.post(f"/{booking_id}/cancel")) for _ in range(4)]
        await eventually(lambda: _all_wait(database, calls))
    replies = await asyncio.gather(*calls)
    assert sorted(reply.status for reply in replies) == [200] + [409] * 3
    assert await events(database) == ["booking.created", "booking.cancelled"]


async def _all_wait(database: Database, calls: list[asyncio.Future[Reply]]) -> bool:
    return await lock_waiters(database) == len(calls)


@pytest.mark.parametrize("moves", [0, 1, 2])
async def test_concurrent_writers_do_not_deadlock(
    host: Caller, availability: FakeAvailability, database: Database, moves: int
) -> None:
    """Two write the same slot and wait at the constraint together: one succeeds.

    They wait for a third booking of that slot, which is rolled back.
    """
    ids = [await host.booked(slot(number)) for number in (10, 11)]
    availability.grants_overlaps = True
    move = {"newStartTime": wire(slot(0))}

    class GoneAgain(Exception):
        pass

    with contextlib.suppress(GoneAgain):
        async with database.transaction() as connection:
            await connection.execute(THIRD, slot(0), slot(1))
            calls = [
                asyncio.ensure_future(
                    host.post(f"/{ids[number]}/reschedule", move)
                    if number < moves
                    else host.book(slot(0))
                )
                for number in (0, 1)
            ]
            await eventually(lambda: _all_wait(database, calls))
            raise GoneAgain
    replies = await asyncio.gather(*calls)
    assert [reply.status // 100 for reply in replies].count(2) == 1
    assert [reply.status for reply in replies].count(409) == 1
    live = await rows(database, LIVE)
    assert availability.in_state("held") == {id_ for (id_,) in live}


async def test_bookings_moving_into_one_slot(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """Twenty bookings with a hold of the same new time: one moves, the others stay."""
    ids = [await host.booked(slot(number)) for number in range(1, 21)]
    availability.grants_overlaps = True
    began = time.monotonic()
    body = {"newStartTime": wire(slot(0))}
    replies = await asyncio.gather(*(host.post(f"/{id_}/reschedule", body) for id_ in ids))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 19
    assert time.monotonic() - began < 10, "deadlocks were detected"
    assert (await events(database)).count("booking.rescheduled") == 1
    assert availability.in_state("held") == {id_ for (id_,) in await rows(database, LIVE)}


async def test_one_booking_moving_to_many_slots(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """Each 200 has one event and one history line; only the booking's reservation is left."""
    booking_id = await host.booked(slot(0))
    replies = await asyncio.gather(
        *(
            host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(number))})
            for number in range(1, 13)
        )
    )
    statuses = [reply.status for reply in replies]
    assert set(statuses) <= {200, 409}
    moves = statuses.count(200)
    assert moves >= 1
    assert (await events(database)).count("booking.rescheduled") == moves
    assert len((await host.get(f"/{booking_id}")).body["history"]) == 1 + moves
    assert availability.in_state("held") == {id_ for (id_,) in await rows(database, LIVE)}


async def test_cancel_during_reschedule(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """Cancelled after the hold of the new time: 409, and the hold is freed."""
    booking_id = await host.booked(slot(0))
    availability.reply_gate = asyncio.Event()
    body = {"newStartTime": wire(slot(2))}
    moving = asyncio.ensure_future(host.post(f"/{booking_id}/reschedule", body))
    await eventually(lambda: len(availability.reservations) == 2)
    assert (await host.post(f"/{booking_id}/cancel")).status == 200
    availability.reply_gate.set()
    reply = await moving
    assert (reply.status, reply.body["error"]) == (
        409,
        "This booking was changed by another request meanwhile",
    )
    assert await events(database) == ["booking.created", "booking.cancelled"]
    assert len(availability.in_state("freed")) == 2


async def test_counts_stay_exact_under_load(host: Caller, database: Database) -> None:
    """Counters equal the table after many concurrent changes."""
    ids = await asyncio.gather(*(host.booked(slot(number)) for number in range(30)))
    await asyncio.gather(
        *(host.post(f"/{id_}/cancel") for id_ in ids[:10]),
        *(
            host.post(f"/{id_}/reschedule", {"newStartTime": wire(slot(40 + number))})
            for number, id_ in enumerate(ids[10:20])
        ),
        *(host.booked(slot(number)) for number in range(60, 70)),
    )
    counted = await rows(
        database, "SELECT status, count(*) FROM bookings GROUP BY status ORDER BY status"
    )
    assert counted == [("CANCELLED", 10), ("CONFIRMED", 30)]
    assert counted == await rows(
        database, "SELECT status, bookings FROM booking_counts ORDER BY status"
    )
