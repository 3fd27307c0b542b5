"""How late an invitee may cancel and move a booking."""

from datetime import datetime, timedelta

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType
from services.bookings.tests.invitees import Invitee, book
from services.bookings.tests.rows import change

from linktime_common.postgres import Database
from linktime_local.testing.services import Running

TOO_LATE = "It is too late for the invitee to cancel or move this booking; ask the host to do it"


@pytest.fixture
async def invitee(service: Running, event_type: EventType) -> Invitee:
    """An invitee who can change the booking until a day before its start, which has passed."""
    event_type.change_notice_minutes = 2 * 24 * 60
    return await invitee_of(service, event_type)


async def invitee_of(service: Running, event_type: EventType, number: int = 0) -> Invitee:
    booked = await book(service, event_type, number)
    return Invitee(service, booked["manageUrl"].rpartition("/")[2], booked["bookingId"])


def until(start: datetime, minutes: int) -> str:
    return wire(start - timedelta(minutes=minutes))


async def test_invitee_is_refused_after_the_notice(invitee: Invitee) -> None:
    """Cancelling, moving and listing slots for a move; the booking stays."""
    for reply in (
        await invitee.cancel(),
        await invitee.move(9),
        await invitee.send("GET", "/slots?timezone=UTC"),
    ):
        assert (reply.status, reply.body) == (409, {"error": TOO_LATE, "code": "change_too_late"})
    shown = (await invitee.get()).body
    assert (shown["status"], shown["startTime"]) == ("CONFIRMED", wire(slot(0)))
    assert shown["changeableUntil"] == until(slot(0), 2 * 24 * 60)


async def test_host_is_not_bound(invitee: Invitee, host: Caller) -> None:
    """With an API key and on the dashboard."""
    moved = await host.post(f"/{invitee.booking_id}/reschedule", {"newStartTime": wire(slot(9))})
    assert moved.status == 200
    assert (await host.dashboard("POST", f"/{invitee.booking_id}/cancel")).status == 200
    assert (await invitee.get()).body["changeableUntil"] is None


async def test_until_the_instant(
    service: Running, event_type: EventType, database: Database
) -> None:
    """Without a notice until the end; with one until that many minutes before the start."""
    free = await invitee_of(service, event_type)
    assert (await free.get()).body["changeableUntil"] == wire(slot(1))
    event_type.change_notice_minutes = 0
    strict = await invitee_of(service, event_type, 2)
    assert (await strict.get()).body["changeableUntil"] == wire(slot(2))
    # Both have begun.
    await change(
        database,
        "UPDATE bookings SET starts_at = now() - (ends_at - starts_at) / 2"
        " + CASE WHEN change_notice_minutes IS NULL THEN interval '0' ELSE interval '-3 h' END,"
        " ends_at = now() + (ends_at - starts_at) / 2"
        " + CASE WHEN change_notice_minutes IS NULL THEN interval '0' ELSE interval '-2.9 h' END",
    )
    assert (await free.cancel()).status == 200
    assert (await strict.cancel()).status == 409


async def test_the_booking_keeps_its_notice(
    service: Running, event_type: EventType, host: Caller
) -> None:
    """A change of the event type applies to bookings that are made or moved afterwards."""
    invitee = await invitee_of(service, event_type)
    event_type.change_notice_minutes = 3 * 24 * 60
    assert (await invitee.get()).body["changeableUntil"] == wire(slot(1))
    await host.post(f"/{invitee.booking_id}/reschedule", {"newStartTime": wire(slot(5))})
    assert (await invitee.get()).body["changeableUntil"] == until(slot(5), 3 * 24 * 60)
    assert (await invitee.move(7)).status == 409
