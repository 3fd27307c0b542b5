"""The reply for a meeting of a contact."""

from typing import Self
from uuid import UUID

from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.contracts.wire import Instant, WireModel
from linktime_contacts.domain.meeting import Meeting


class MeetingReply(WireModel):
    """A booking as its contact's meeting; `id` is the booking's id."""

    id: UUID
    start_time: Instant
    end_time: Instant
    status: BookingStatus
    event_type: BookedEventType

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        return cls(
            id=meeting.booking_id,
            start_time=meeting.starts_at,
            end_time=meeting.ends_at,
            status=meeting.status,
            event_type=meeting.event_type,
        )


MEETING = MeetingReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    start_time="2026-03-01T14:00:00Z",
    end_time="2026-03-01T14:30:00Z",
    status="CONFIRMED",
    event_type=BookedEventType(
        id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e23",
        name="Intro call",
        slug="intro",
        duration_minutes=30,
    ),
)
