"""Writes repeated with their Idempotency-Key."""

import asyncio
from typing import Any

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability, a_host
from services.bookings.tests.rows import events, rows

from linktime_bookings.app import SERVICE
from linktime_bookings.clients import availability as client
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_local.testing.locks import while_locked
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually


async def _age_claims(database: Database) -> None:
    """Make claims as old as those of a process that died long ago."""
    async with database.connection() as connection:
        await connection.execute("UPDATE idempotency_records SET claimed_until = '-infinity'")


async def test_repeat_returns_the_first_response(
    host: Caller, database: Database, availability: FakeAvailability
) -> None:
    """The same booking id, for any order of the body's fields; one booking, one event."""
    first = await host.book(slot(0), key="k")
    again = await host.book(slot(0), key="k")
    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 201
    assert await events(database) == ["booking.created"]
    assert len(availability.reservations) == 1


async def test_key_with_another_body(host: Caller) -> None:
    """422; a repeat with the first body still succeeds."""
    first = await host.book(slot(0), key="k")
    reply = await host.book(slot(1), key="k")
    assert (reply.status, list(reply.body)) == (422, ["error", "code"])
    assert (await host.book(slot(0), key="k")).body == first.body


async def test_scope_of_keys(host: Caller, availability: FakeAvailability) -> None:
    """The same key of another owner or on another path is another request."""
    other = availability.add(EventType(a_host("Bob")))
    booking_id = await host.booked(slot(0))
    assert (await host.book(slot(1), key="k")).status == 201
    assert (await host.post(f"/{booking_id}/cancel", {}, key="k")).status == 200
    bob = Caller(host.service, other.host.id)
    assert (await bob.book(slot(2), key="k")).status == 201


async def test_repeated_cancel_and_reschedule(host: Caller, database: Database) -> None:
    """200 again, not 409."""
    booking_id = await host.booked(slot(0))
    for _ in range(2):
        body = {"newStartTime": wire(slot(2))}
        assert (await host.post(f"/{booking_id}/reschedule", body, key="m")).status == 200
    for _ in range(2):
        assert (await host.post(f"/{booking_id}/cancel", {}, key="c")).status == 200
    kinds = ["booking.created", "booking.rescheduled", "booking.cancelled"]
    assert await events(database) == kinds
    assert (await host.post(f"/{booking_id}/cancel", {}, key="d")).status == 409


async def test_refusals_are_repeated(host: Caller, availability: FakeAvailability) -> None:
    """409 and 404 are repeated, although the slot is free and the booking exists by now."""
    availability.next_refusals = ["busy"]
    assert (await host.book(slot(0), key="a")).status == 409
    assert (await host.book(slot(0), key="a")).body == {
        "error": "This time is already taken",
        "code": "slot_taken",
    }
    assert (await host.book(slot(1), key="b", eventTypeSlug="later")).status == 404
    availability.add(EventType(next(iter(availability.event_types.values())).host, slug="later"))
    assert (await host.book(slot(1), key="b", eventTypeSlug="later")).status == 404


async def test_invalid_request_does_not_use_the_key(host: Caller, event_type: EventType) -> None:
    """After a 400 for the body or the answers, the corrected request succeeds."""
    event_type.questions = [Question(id="q", label="Topic", type="text", required=True, options=[])]
    assert (await host.book(slot(0), key="k", notes=5)).status == 400
    assert (await host.book(slot(0), key="k")).status == 400
    answers = [{"questionId": "q", "value": "Compilers"}]
    assert (await host.book(slot(0), key="k", answers=answers)).status == 201


async def test_invalid_key(host: Caller) -> None:
    """Empty, too long, or not printable."""
    for key in ("", "x" * 256, "é"):
        reply = await host.book(slot(0), key=key)
        words = "Must have 1 to 255 printable ASCII characters"
        assert (reply.status, reply.body["details"]) == (400, {"Idempotency-Key": words})


async def test_concurrent_repeats_book_once(
    host: Caller, database: Database, availability: FakeAvailability
) -> None:
    """All twenty get the same response."""
    replies = await asyncio.gather(*(host.book(slot(0), key="k") for _ in range(20)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["bookingId"] for reply in replies}) == 1
    assert await events(database) == ["booking.created"]
    assert len(availability.reservations) == 1


@pytest.mark.usefixtures("product_time_limits")
async def test_repeat_waits_until_its_deadline(
    settings: dict[str, Any],
    event_type: EventType,
    availability: FakeAvailability,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A repeat waits for the first request, then gets 503; the first books."""
    monkeypatch.setattr(client, "RESERVE_SECONDS", 30)
    availability.reply_gate = asyncio.Event()
    async with (
        running(SERVICE, ProcessRole.SERVE, **settings, request_deadline_seconds=30) as slow,
        running(SERVICE, ProcessRole.SERVE, **settings, request_deadline_seconds=0.5) as quick,
    ):
        first = asyncio.ensure_future(Caller(slow, event_type.host.id).book(slot(0), key="k"))
        await eventually(lambda: availability.reservations)
        repeat = await Caller(quick, event_type.host.id).book(slot(0), key="k")
        assert (repeat.status, int(repeat.headers["Retry-After"]) in range(1, 5)) == (503, True)
        availability.reply_gate.set()
        assert (await first).status == 201
        again = await Caller(quick, event_type.host.id).book(slot(0), key="k")
        assert again.body == (await first).body


async def test_repeat_after_unknown_outcome_uses_the_same_ids(
    host: Caller, database: Database, availability: FakeAvailability
) -> None:
    """Availability's response was lost: the repeat uses the existing hold."""
    availability.replies_to_drop = 1
    assert (await host.book(slot(0), key="k")).status == 503
    assert (await host.book(slot(0), key="k")).status == 201
    assert len(availability.reservations) == 1
    assert await events(database) == ["booking.created"]


@pytest.mark.parametrize("was_freed", [False, True])
async def test_repeat_after_the_sweeper_uses_a_new_reservation(
    host: Caller, database: Database, availability: FakeAvailability, was_freed: bool
) -> None:
    """The abandoned, and perhaps freed, hold is never revived."""
    availability.replies_to_drop = 1
    assert (await host.book(slot(0), key="k")).status == 503
    (lost,) = availability.in_state("held")
    async with database.connection() as connection:
        await connection.execute("INSERT INTO reservation_fates VALUES ($1, 'abandoned')", lost)
    if was_freed:
        availability.reservations[lost].state = "freed"
    else:
        availability.grants_overlaps = True
    reply = await host.book(slot(0), key="k")
    assert reply.status == 201
    (kept,) = availability.in_state("held") - {lost}
    assert await rows(database, "SELECT reservation_id FROM bookings") == [(kept,)]
    assert (await host.book(slot(0), key="k")).body == reply.body
    assert await events(database) == ["booking.created"]


async def test_new_reservation_id_is_stored_before_reserving(
    host: Caller, availability: FakeAvailability
) -> None:
    """If the second response is lost as well, the next repeat uses the new id."""
    availability.replies_to_drop = 1
    assert (await host.book(slot(0), key="k")).status == 503
    (lost,) = availability.in_state("held")
    availability.reservations[lost].state = "freed"
    availability.replies_to_drop = 1
    assert (await host.book(slot(0), key="k")).status == 503
    (held,) = availability.in_state("held")
    assert (await host.book(slot(0), key="k")).status == 201
    asked = [id_ for verb, id_ in availability.calls if verb == "reserve"]
    assert asked == [lost, lost, held, held]


async def test_claim_of_a_crashed_process(
    host: Caller, database: Database, availability: FakeAvailability
) -> None:
    """The process died after reserving: a repeat finishes the booking."""
    availability.reply_gate = asyncio.Event()
    first = asyncio.ensure_future(host.book(slot(0), key="k"))
    await eventually(lambda: availability.reservations)
    await _age_claims(database)
    # The first is suspended like a crashed process, until the second has finished.
    second = asyncio.ensure_future(host.book(slot(0), key="k"))
    await eventually(lambda: len(availability.calls) == 2)
    held, availability.reply_gate = availability.reply_gate, None
    held.set()
    replies = await asyncio.gather(first, second)
    assert sorted(reply.status for reply in replies) == [201, 503]
    assert await events(database) == ["booking.created"]
    assert len(availability.in_state("held")) == 1
    third = await host.book(slot(0), key="k")
    assert third.body in [reply.body for reply in replies]


async def test_expired_key(
    host: Caller, database: Database, availability: FakeAvailability
) -> None:
    """After a day the same key is a new request, also with another body."""
    first = await host.book(slot(0), key="k")
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE idempotency_records SET created_at = now() - interval '25 hours'"
        )
    second = await host.book(slot(1), key="k")
    assert second.status == 201
    assert second.body != first.body
    assert (await host.book(slot(1), key="k")).body == second.body


@pytest.mark.usefixtures("product_time_limits")
async def test_write_that_waits_for_a_row_times_out(
    host: Caller, settings: dict[str, Any], database: Database
) -> None:
    """503 by the deadline, nothing changes, and the repeat with the key succeeds."""
    path = f"/{await host.booked(slot(0))}/cancel"
    lock = "SELECT FROM bookings FOR UPDATE"
    async with (
        running(SERVICE, ProcessRole.SERVE, **settings) as service,
        database.connection() as connection,
    ):
        cancel = Caller(service, host.host_id).post(path, {}, key="k")
        assert (await while_locked(connection, lock, cancel)).status == 503
    assert await events(database) == ["booking.created"]
    assert (await host.post(path, {}, key="k")).status == 200
    assert await events(database) == ["booking.created", "booking.cancelled"]
