"""A booking as its contact's meeting."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.bookings import BookedEventType, BookingState, BookingStatus


@dataclass(frozen=True)
class Meeting:
    """One booking; `event_type` is the state at the time of booking."""

    booking_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus
    event_type: BookedEventType


@dataclass(frozen=True)
class MeetingFigures:
    """The number of a contact's confirmed meetings and the latest start that has passed."""

    count: int
    last_at: datetime | None


NO_MEETINGS = MeetingFigures(0, None)


def meeting_of(booking: BookingState) -> Meeting:
    """Return the booking as a meeting."""
    return Meeting(
        booking_id=booking.id,
        starts_at=booking.start_time,
        ends_at=booking.end_time,
        status=booking.status,
        event_type=booking.event_type,
    )


def figures_of(meeting: Meeting, *, now: datetime) -> MeetingFigures:
    """Return the figures of a contact that has only this meeting."""
    if meeting.status is not BookingStatus.CONFIRMED:
        return NO_MEETINGS
    return MeetingFigures(1, meeting.starts_at if meeting.starts_at <= now else None)
