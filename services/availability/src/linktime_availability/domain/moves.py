"""A booking that is to be moved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_availability.domain.errors import BookingAlreadyCancelled, BookingEnded
from linktime_availability.domain.wall_time import MINUTE


@dataclass(frozen=True, kw_only=True)
class RequestedMove:
    """A booking to be moved: its own time does not count, and it keeps its length."""

    booking_id: UUID
    minutes: int


@dataclass(frozen=True, kw_only=True)
class MovedBooking(RequestedMove):
    """As stored, with the event type by whose rules it is moved."""

    event_type_id: UUID


@dataclass(frozen=True, kw_only=True)
class BookedTime:
    """The time of a booking as its reservations have it; `freed` after a cancellation."""

    booking_id: UUID
    event_type_id: UUID
    starts_at: datetime
    ends_at: datetime
    freed: bool

    def move(self, now: datetime) -> MovedBooking:
        """Raises BookingAlreadyCancelled or BookingEnded, as bookings does for a move."""
        if self.freed:
            raise BookingAlreadyCancelled(booking=str(self.booking_id))
        if self.ends_at <= now:
            raise BookingEnded(booking=str(self.booking_id))
        seconds = int((self.ends_at - self.starts_at).total_seconds())
        return MovedBooking(
            booking_id=self.booking_id,
            event_type_id=self.event_type_id,
            minutes=seconds // MINUTE,
        )
