"""Which reminders a booking gets, and which due one becomes a mail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linktime_bookings.domain.booking import Booking, Invitee
from linktime_bookings.domain.emails import Kind
from linktime_bookings.domain.reminders import (
    Reminder,
    remaining_reminders,
    reminder_email,
    reminders_of,
)
from linktime_common.contracts.events.bookings import BookedEventType, BookedHost
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.ids import new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://meet.example/manage/1"


@pytest.fixture
def booking() -> Booking:
    """It starts in two hours."""
    held = Reservation(
        reservation_id=new_id(),
        booking_id=new_id(),
        start_time=NOW + timedelta(hours=2),
        end_time=NOW + timedelta(hours=3),
        buffer_before=0,
        buffer_after=0,
        location=None,
        questions=[],
        event_type=BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=60),
        host=BookedHost(id=new_id(), name="Ada", email="ada@host.example", username="ada"),
    )
    invitee = Invitee(
        name="G", email="g@navy.example", timezone="UTC", phone=None, notes=None, locale="de"
    )
    return Booking.made(held, invitee=invitee, answers=[], source="api", now=NOW)


def reminders(booking: Booking, minutes: list[int]) -> list[Reminder]:
    return reminders_of(replace(booking, reminder_minutes=minutes), now=NOW)


@pytest.mark.parametrize(
    ("minutes", "kept"),
    [
        ([], []),
        ([1_440, 60], [60]),
        ([60, 60], [60]),
        ([110, 111, 120], [110]),
        ([5], [5]),
    ],
)
def test_reminder_too_soon_is_left_out(
    booking: Booking, minutes: list[int], kept: list[int]
) -> None:
    """One whose time has passed, and one within 10 minutes of the booking."""
    found = reminders(booking, minutes)
    assert [reminder.minutes_before for reminder in found] == kept
    for reminder in found:
        assert booking.starts_at - reminder.due_at == timedelta(minutes=reminder.minutes_before)


def test_a_remaining_reminder_may_be_due_at_once(booking: Booking) -> None:
    """Nobody gets it together with a confirmation. Unknown minutes are none."""
    known = replace(booking, reminder_minutes=[60, 120, 121])
    assert [one.minutes_before for one in remaining_reminders(known, now=NOW)] == [60, 120]
    assert remaining_reminders(replace(booking, reminder_minutes=None), now=NOW) == []


def test_reminder_of_a_confirmed_booking_is_a_mail(booking: Booking) -> None:
    """To the invitee, in the invitee's language, of no use after the start."""
    second, first = reminders(booking, [60, 30])
    email = reminder_email(first, booking, URL, now=first.due_at)
    assert email is not None
    assert (email.kind, email.recipient, email.locale) == (Kind.REMINDER, "g@navy.example", "de")
    assert email.expires_at == booking.starts_at
    other = reminder_email(second, booking, URL, now=first.due_at)
    assert other is not None
    assert other.id != email.id


def test_reminder_that_is_no_longer_right(booking: Booking) -> None:
    """Of a moved, cancelled or started booking, or of one whose invitee wants none."""
    (reminder,) = reminders(booking, [60])
    moved = replace(booking, sequence=1)
    cancelled = booking.cancel(reason=None, now=NOW)
    same_sequence = replace(cancelled, sequence=0)
    unwanted = booking.want_reminders(False, now=NOW)
    for changed in (moved, cancelled, same_sequence, unwanted):
        assert reminder_email(reminder, changed, URL, now=NOW) is None
    assert reminder_email(reminder, booking, URL, now=booking.starts_at) is None
