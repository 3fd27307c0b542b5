"""How many bookings one invitee can have."""

import asyncio
from datetime import timedelta

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.rows import change, events

from linktime_common.postgres import Database

SENTENCE = "This e-mail address has as many upcoming bookings as this event type allows"


async def test_invitee_has_as_many_as_allowed(
    host: Caller, event_type: EventType, availability: FakeAvailability, database: Database
) -> None:
    """In any letter case, with or without a key; another person and another type are free."""
    event_type.max_active_per_invitee = 2
    other = availability.add(EventType(event_type.host, slug="other", max_active_per_invitee=1))
    await host.booked(slot(0), inviteeEmail="Straße@navy.example")
    second = await host.booked(slot(2), inviteeEmail="STRAẞE@Navy.Example")
    refused = await host.book(slot(4), inviteeEmail="straße@navy.example", key="once")
    assert (refused.status, refused.body) == (409, {"error": SENTENCE, "code": "invitee_limit"})
    again = await host.book(slot(4), inviteeEmail="straße@navy.example", key="once")
    assert (again.status, again.body["error"]) == (409, SENTENCE)
    assert len(availability.in_state("freed")) == 1
    await host.booked(slot(4), inviteeEmail="strasse@navy.example")
    await host.booked(slot(6), eventTypeSlug=other.slug, inviteeEmail="straße@navy.example")
    assert (await host.post(f"/{second}/cancel")).status == 200
    await host.booked(slot(8), inviteeEmail="straße@navy.example")
    assert await events(database) == [*["booking.created"] * 4, "booking.cancelled",
                                      "booking.created"]  # fmt: skip


async def test_ended_bookings_do_not_count(
    host: Caller, event_type: EventType, database: Database
) -> None:
    """A running one counts."""
    event_type.max_active_per_invitee = 1
    booking_id = await host.booked(slot(0))
    times = "UPDATE bookings SET starts_at = now() - $1::interval, ends_at = now() + $2::interval"
    await change(database, times, timedelta(hours=1), timedelta(hours=1))
    assert (await host.book(slot(2))).status == 409
    await change(database, times, timedelta(hours=1), timedelta(minutes=-1))
    await host.booked(slot(2))
    assert (await host.get(f"/{booking_id}")).body["status"] == "CONFIRMED"


async def test_move_does_not_count(host: Caller, event_type: EventType) -> None:
    """The number of bookings stays the same."""
    event_type.max_active_per_invitee = 1
    booking_id = await host.booked(slot(0))
    moved = await host.post(f"/{booking_id}/reschedule", {"newStartTime": slot(3).isoformat()})
    assert moved.status == 200


async def test_concurrent_requests(
    host: Caller, event_type: EventType, availability: FakeAvailability
) -> None:
    """One person asks for many slots at once: as many as allowed are booked."""
    event_type.max_active_per_invitee = 2
    replies = await asyncio.gather(*(host.book(slot(2 * number)) for number in range(12)))
    assert sorted(reply.status for reply in replies) == [201] * 2 + [409] * 10
    assert len(availability.in_state("freed")) == 10
