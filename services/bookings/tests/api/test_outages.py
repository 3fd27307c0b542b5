"""Responses when availability or contacts does not respond."""

import asyncio
import time

from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import FakeAvailability, FakeContacts
from services.bookings.tests.rows import events

from linktime_bookings.clients import contacts as contacts_client
from linktime_common.postgres import Database


async def test_contacts_does_not_respond(host: Caller, contacts: FakeContacts) -> None:
    """The detail is returned in time, with the booking's details."""
    contacts.is_silent = True
    booking_id = await host.booked(slot(0))
    began = time.monotonic()
    reply = await host.get(f"/{booking_id}")
    assert time.monotonic() - began < contacts_client.FIND_SECONDS + 0.5
    assert reply.status == 200
    assert reply.body["contact"]["id"] is None


async def test_failed_calls_to_free(host: Caller, availability: FakeAvailability) -> None:
    """The responses are the same, since events free the time, too."""
    availability.fails_settling = True
    booking_id = await host.booked(slot(0))
    reply = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(1))})
    assert reply.status == 200
    assert (await host.post(f"/{booking_id}/cancel")).status == 200


async def test_unknown_outcome(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """503 when availability's response is lost; nothing is released."""
    availability.replies_to_drop = 1
    reply = await host.book(slot(0))
    assert (reply.status, int(reply.headers["Retry-After"]) in range(1, 5)) == (503, True)
    assert len(availability.in_state("held")) == 1
    assert [verb for verb, _ in availability.calls] == ["reserve"]
    assert await events(database) == []


async def test_availability_does_not_respond(host: Caller, availability: FakeAvailability) -> None:
    """A reserve without a response times out after two seconds."""
    availability.reply_gate = asyncio.Event()
    began = time.monotonic()
    reply = await host.book(slot(0))
    assert reply.status == 503
    assert 1.5 < time.monotonic() - began < 3
    availability.reply_gate.set()
