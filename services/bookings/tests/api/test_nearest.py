"""A refused booking answers the nearest free starts."""

import pytest
from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability

from linktime_bookings.clients.availability import REFUSALS
from linktime_bookings.domain.errors import SlotTaken

NEAREST = [wire(slot(1)), wire(slot(3))]


@pytest.fixture(autouse=True)
def _nearest(availability: FakeAvailability) -> None:
    availability.nearest = [slot(1), slot(3)]


async def test_each_rule(host: Caller, availability: FakeAvailability) -> None:
    """Of a booking; a repeat with the same key has the same answer."""
    for number, rule in enumerate([*REFUSALS, "busy"]):
        availability.next_refusals = [rule]
        refused = await host.book(slot(0), key=f"k{number}")
        assert (refused.status, refused.body["nearest"]) == (409, NEAREST), rule
        assert refused.body["code"] == REFUSALS.get(rule, SlotTaken).code
        again = await host.book(slot(0), key=f"k{number}")
        assert (again.status, again.body) == (409, refused.body)


async def test_public_booking_and_move(
    host: Caller, event_type: EventType, availability: FakeAvailability
) -> None:
    """As for the host."""
    booking_id = await host.booked(slot(0))
    body = booking_request(slot(0), eventTypeId=str(event_type.id))
    del body["eventTypeSlug"]
    availability.next_refusals = ["not_on_grid"]
    refused = await host.public("POST", "/api/bookings", body)
    assert (refused.status, refused.body["nearest"]) == (409, NEAREST)
    availability.next_refusals = ["outside_hours"]
    body = {"newStartTime": wire(slot(9))}
    moved = await host.post(f"/{booking_id}/reschedule", body)
    assert (moved.status, moved.body["nearest"]) == (409, NEAREST)


async def test_other_refusals_have_none(host: Caller) -> None:
    """Of a booking that does not exist, for example."""
    reply = await host.post("/0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071/cancel")
    assert (reply.status, reply.body) == (
        404,
        {"error": "Booking not found", "code": "booking_not_found"},
    )
