"""GET /api/public/bookings/{token}/slots: where an invitee can move a booking to."""

from typing import Any

import pytest
from services.bookings.tests.calls import LINK_KEY, PUBLIC_URL, Caller, Reply, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.rows import rows

from linktime_bookings.domain.links import Linked, Links
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id, parse_id
from linktime_common.postgres import Database

DATE = str(slot(0).date())


class Invitee:
    """The invitee of a booking of `host`."""

    def __init__(self, host: Caller, booking_id: str) -> None:
        booked = parse_id(booking_id)
        assert booked is not None
        link = Links([LINK_KEY], PUBLIC_URL).url(Linked(booked, host.host_id))
        self.path = f"/api/public/bookings/{link.rpartition('/')[2]}"
        self._service = host.service

    async def slots(self, **query: str) -> Reply:
        url = f"{self._service.url}{self.path}/slots"
        headers = self._service.identity(CallerKind.PUBLIC)
        async with self._service.session.get(url, headers=headers, params=query) as response:
            return Reply(response.status, await response.json(), response.headers)


@pytest.fixture
async def invitee(host: Caller) -> Invitee:
    return Invitee(host, await host.booked(slot(0)))


def starts(reply: Reply) -> set[str]:
    assert reply.status == 200, reply
    return {row["startTime"] for row in reply.body["data"]}


async def test_exactly_the_listed_starts_can_be_moved_to(
    invitee: Invitee, host: Caller, event_type: EventType
) -> None:
    """Own time and length count as in a move, also when the event type is shorter or archived."""
    taken = await host.booked(slot(1))
    event_type.minutes, event_type.archived = 15, True
    reply = await invitee.slots(timezone="UTC", startDate=DATE)
    assert set(reply.body) == {"data", "eventType", "timezone"}
    for number in range(3):
        wanted = slot(number)
        if str(wanted.date()) != DATE:
            break
        body = {"newStartTime": wire(wanted)}
        moved = await host.public("POST", f"{invitee.path}/reschedule", body)
        assert (moved.status == 200) == (wire(wanted) in starts(reply)), (number, taken)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("timezone", {}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("startDate", {"timezone": "UTC", "startDate": "yesterday"}),
        ("endDate", {"timezone": "UTC", "startDate": "2026-01-01", "endDate": "2026-03-04"}),
    ],
)
async def test_invalid_parameter(invitee: Invitee, field: str, query: dict[str, str]) -> None:
    """As of the slots of an event type."""
    reply = await invitee.slots(**query)
    assert (reply.status, list(reply.body["details"])) == (400, [field])


async def test_cancelled_booking(invitee: Invitee, host: Caller) -> None:
    """409, as a move is."""
    assert (await host.public("POST", f"{invitee.path}/cancel", {})).status == 200
    reply = await invitee.slots(timezone="UTC")
    assert (reply.status, reply.body) == (
        409,
        {"error": "This booking is already cancelled", "code": "already_cancelled"},
    )


async def test_ended_booking(invitee: Invitee, database: Database) -> None:
    """409, as a move is."""
    await rows(
        database,
        "UPDATE bookings SET starts_at = starts_at - interval '30 days',"
        " ends_at = ends_at - interval '30 days' RETURNING id",
    )
    reply = await invitee.slots(timezone="UTC")
    assert (reply.status, reply.body) == (
        409,
        {"error": "This booking has already ended", "code": "booking_ended"},
    )


async def test_links_of_no_booking(host: Caller, stranger: Caller, invitee: Invitee) -> None:
    """404 for an unknown booking, another host's, and a text that is no token."""
    unknown = Invitee(host, str(new_id()))
    foreign = Invitee(stranger, await host.booked(slot(2)))
    for one in (unknown, foreign):
        reply = await one.slots(timezone="UTC")
        assert (reply.status, reply.body) == (
            404,
            {"error": "Booking not found", "code": "booking_not_found"},
        )
    invitee.path += "x"
    assert (await invitee.slots(timezone="UTC")).status == 404


async def test_without_availability(
    invitee: Invitee, availability: FakeAvailability, event_type: EventType
) -> None:
    """503 with Retry-After; an event type that availability does not know is 404."""
    availability.fails_settling = True
    reply: Any = await invitee.slots(timezone="UTC")
    assert (reply.status, int(reply.headers["Retry-After"]) in range(1, 5)) == (503, True)
    availability.fails_settling = False
    del availability.event_types[event_type.id]
    assert (await invitee.slots(timezone="UTC")).status == 404
