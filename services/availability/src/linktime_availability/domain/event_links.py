"""The event of a booking in its host's calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from linktime_common.contracts.events.bookings import BookingState, BookingStatus

GIVE_UP_AFTER = timedelta(days=1)
"""How long after the end of a meeting its event is still written."""
KEPT_FOR = timedelta(days=30)
"""How long after the end of a meeting the link is kept."""


class WantedEvent(StrEnum):
    """Whether the calendar must have the event."""

    PRESENT = "PRESENT"
    ABSENT = "ABSENT"


class LinkState(StrEnum):
    """How far the calendar is."""

    PENDING = "PENDING"
    DONE = "DONE"
    DRIFTED = "DRIFTED"
    """Written, then deleted or moved in the calendar by somebody else."""
    FAILED = "FAILED"
    """The server refuses it for good, or the meeting is over."""


@dataclass(frozen=True, kw_only=True)
class BookedEvent:
    """What one event of bookings wants of the calendar; `event` is None if there is no booking."""

    booking_id: UUID
    host_id: UUID
    version: int
    sequence: int
    wanted: WantedEvent
    starts_at: datetime
    ends_at: datetime
    event: Mapping[str, Any] | None
    traceparent: str | None

    @classmethod
    def of(cls, booking: BookingState, version: int, traceparent: str | None) -> Self:
        is_wanted = booking.status is not BookingStatus.CANCELLED
        return cls(
            booking_id=booking.id,
            host_id=booking.host.id,
            version=version,
            sequence=booking.sequence,
            wanted=WantedEvent.PRESENT if is_wanted else WantedEvent.ABSENT,
            starts_at=booking.start_time,
            ends_at=booking.end_time,
            event=booking.model_dump(mode="json") if is_wanted else None,
            traceparent=traceparent,
        )


@dataclass(frozen=True, kw_only=True)
class WrittenEvent:
    """An event that the server had when it was last written or read."""

    booking_id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    ref: str
