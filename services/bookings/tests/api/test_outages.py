"""What callers are told when availability or contacts does not answer."""

import asyncio
import time

from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import FakeAvailability, FakeContacts
from services.bookings.tests.rows import events

from linktime_bookings.clients import contacts as contacts_client
from linktime_common.postgres import Database


async def test_a_silent_contacts_service_costs_little(host: Caller, contacts: FakeContacts) -> None:
    """The detail comes in time, with the booking's own words."""
    contacts.is_silent = True
    booking_id = await host.booked(slot(0))
    began = time.monotonic()
    reply = await host.get(f"/{booking_id}")
    assert time.monotonic() - began < contacts_client.FIND_SECONDS + 0.5
    assert reply.status == 200
    assert reply.body["contact"]["id"] is None


async def test_lost_direct_calls_cost_nothing_but_time(
    host: Caller, availability: FakeAvailability
) -> None:
    """Where the call that frees time does not arrive, the answers are the same."""
    availability.is_deaf = True
    booking_id = await host.booked(slot(0))
    reply = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(1))})
    assert reply.status == 200
    assert (await host.post(f"/{booking_id}/cancel")).status == 200


async def test_an_unknown_outcome_is_a_503(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """When availability's answer is lost, nothing is released on a guess."""
    availability.answers_to_lose = 1
    reply = await host.book(slot(0))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert len(availability.in_state("held")) == 1
    assert [verb for verb, _ in availability.calls] == ["reserve"]
    assert await events(database) == []


async def test_a_silent_availability_ends_within_the_deadline(
    host: Caller, availability: FakeAvailability
) -> None:
    """A reserve that does not answer is given up after two seconds."""
    availability.hold_answers = asyncio.Event()
    began = time.monotonic()
    reply = await host.book(slot(0))
    assert reply.status == 503
    assert 1.5 < time.monotonic() - began < 3
    availability.hold_answers.set()
