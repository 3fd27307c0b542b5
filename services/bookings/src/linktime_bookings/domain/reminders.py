"""Reminders before the start of a booking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.emails import BookingFacts, Email, Kind, email_about
from linktime_bookings.domain.events import state_of
from linktime_common.contracts.events.bookings import BookingStatus

SHORTEST_WAIT = timedelta(minutes=10)
"""An earlier reminder would come together with the confirmation."""


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """A reminder of a booking at one start; a moved booking has new ones."""

    booking_id: UUID
    sequence: int
    minutes_before: int
    due_at: datetime


def reminders_of(booking: Booking, *, now: datetime) -> list[Reminder]:
    """Return the reminders of a booking made or moved `now`, without those due too soon."""
    return _reminders_from(now + SHORTEST_WAIT, booking)


def remaining_reminders(booking: Booking, *, now: datetime) -> list[Reminder]:
    """Return the reminders that are not due yet."""
    return _reminders_from(now, booking)


def _reminders_from(earliest: datetime, booking: Booking) -> list[Reminder]:
    reminders = [
        Reminder(
            booking_id=booking.id,
            sequence=booking.sequence,
            minutes_before=minutes,
            due_at=booking.starts_at - timedelta(minutes=minutes),
        )
        for minutes in sorted(set(booking.reminder_minutes or ()))
    ]
    return [reminder for reminder in reminders if reminder.due_at >= earliest]


def reminder_email(
    reminder: Reminder, booking: Booking, manage_url: str, *, now: datetime
) -> Email | None:
    """Return the mail of a due reminder; None if it is no longer right."""
    if (
        booking.status is not BookingStatus.CONFIRMED
        or not booking.reminders_wanted
        or booking.sequence != reminder.sequence
        or booking.starts_at <= now
    ):
        return None
    facts = BookingFacts(booking=state_of(booking), manage_url=manage_url)
    return email_about(booking, Kind.REMINDER, facts, fact=reminder.minutes_before)
