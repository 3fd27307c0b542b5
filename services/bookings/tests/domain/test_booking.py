"""Changes of a booking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linktime_bookings.domain.booking import Booking, Invitee
from linktime_bookings.domain.errors import BookingAlreadyCancelled, BookingEnded
from linktime_common.contracts.events.bookings import BookedEventType, BookedHost, BookingStatus
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.ids import new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _held(starts_at: datetime) -> Reservation:
    return Reservation(
        reservation_id=new_id(),
        booking_id=new_id(),
        start_time=starts_at,
        end_time=starts_at + HOUR,
        buffer_before=5,
        buffer_after=10,
        location=None,
        questions=[],
        event_type=BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=60),
        host=BookedHost(id=new_id(), name="Ada", email="ada@host.example", username="ada"),
    )


@pytest.fixture
def booking() -> Booking:
    invitee = Invitee(name="G", email="g@navy.example", timezone="UTC", phone=None, notes=None)
    return Booking.made(_held(NOW + HOUR), invitee=invitee, answers=[], source="api", now=NOW)


def test_cancel(booking: Booking) -> None:
    """Time and reason are set, sequence and version grow, the rest stays."""
    cancelled = booking.cancel(reason="ill", now=NOW + HOUR / 2)
    assert cancelled == replace(
        booking,
        status=BookingStatus.CANCELLED,
        version=cancelled.version,
        sequence=1,
        updated_at=NOW + HOUR / 2,
        cancelled_at=NOW + HOUR / 2,
        cancellation_reason="ill",
    )
    assert cancelled.version > booking.version


def test_move(booking: Booking) -> None:
    """Only time, buffers and reservation change."""
    held = _held(NOW + 5 * HOUR)
    moved = booking.move(held, now=NOW)
    assert (moved.starts_at, moved.ends_at) == (held.start_time, held.end_time)
    assert moved.reservation_id == held.reservation_id
    assert (moved.id, moved.event_type, moved.host) == (
        booking.id,
        booking.event_type,
        booking.host,
    )


def test_versions_grow_if_the_clock_goes_back(booking: Booking) -> None:
    """A change in the same microsecond, or before it, has the higher version."""
    moved = booking.move(_held(NOW + 2 * HOUR), now=NOW - HOUR)
    assert moved.version == booking.version + 1
    assert moved.cancel(reason=None, now=NOW).version == booking.version + 2


def test_ended_booking_cannot_change(booking: Booking) -> None:
    """Until its end it can change."""
    last = booking.ends_at - timedelta(microseconds=1)
    assert booking.cancel(reason=None, now=last)
    for now in (booking.ends_at, booking.ends_at + HOUR):
        with pytest.raises(BookingEnded):
            booking.cancel(reason=None, now=now)
        with pytest.raises(BookingEnded):
            booking.move(_held(NOW + 9 * HOUR), now=now)


def test_cancelled_booking_cannot_change(booking: Booking) -> None:
    """Also after its end."""
    cancelled = booking.cancel(reason=None, now=NOW)
    for now in (NOW, booking.ends_at + HOUR):
        with pytest.raises(BookingAlreadyCancelled):
            cancelled.cancel(reason=None, now=now)
        with pytest.raises(BookingAlreadyCancelled):
            cancelled.move(_held(NOW + 9 * HOUR), now=now)
