"""What callers get."""

from typing import Self
from uuid import UUID

from linktime_bookings.domain.booking import Booking, By, Change, HistoryLine, Source
from linktime_common.contracts.events.bookings import Answer, BookedEventType, BookingStatus
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.contracts.wire import Instant, WireModel


class BookingReply(WireModel):
    """A booking as it is listed."""

    id: UUID
    status: BookingStatus
    start_time: Instant
    end_time: Instant
    invitee_name: str
    invitee_email: str
    invitee_timezone: str
    invitee_phone: str | None
    notes: str | None
    answers: list[Answer]
    event_type: BookedEventType
    location: str | None
    source: Source
    sequence: int
    created_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None
    cancellation_reason: str | None

    @classmethod
    def of(cls, booking: Booking, **more: object) -> Self:
        """The reply about `booking`, with what a subclass adds."""
        values: dict[str, object] = {
            "id": booking.id,
            "status": booking.status,
            "start_time": booking.starts_at,
            "end_time": booking.ends_at,
            "invitee_name": booking.invitee.name,
            "invitee_email": booking.invitee.email,
            "invitee_timezone": booking.invitee.timezone,
            "invitee_phone": booking.invitee.phone,
            "notes": booking.invitee.notes,
            "answers": booking.answers,
            "event_type": booking.event_type,
            "location": booking.location,
            "source": booking.source,
            "sequence": booking.sequence,
            "created_at": booking.created_at,
            "updated_at": booking.updated_at,
            "cancelled_at": booking.cancelled_at,
            "cancellation_reason": booking.cancellation_reason,
        }
        return cls.model_validate(values | more)


class ContactReply(WireModel):
    """Who the invitee is to the host; `id` is None while contacts does not know them."""

    id: UUID | None
    name: str
    email: str
    phone: str | None
    company: str | None

    @classmethod
    def of(cls, booking: Booking, found: FoundContact | None) -> Self:
        """The contact that was found, else the booking's own words."""
        if found is not None:
            return cls.model_validate(found.model_dump())
        invitee = booking.invitee
        return cls(
            id=None, name=invitee.name, email=invitee.email, phone=invitee.phone, company=None
        )


class HistoryReply(WireModel):
    """One change of a booking."""

    type: Change
    at: Instant
    by: By
    reason: str | None
    from_start_time: Instant | None
    to_start_time: Instant | None

    @classmethod
    def of(cls, line: HistoryLine) -> Self:
        """The reply about one change."""
        return cls(
            type=line.type,
            at=line.at,
            by=line.by,
            reason=line.reason,
            from_start_time=line.from_starts_at,
            to_start_time=line.to_starts_at,
        )


class BookingDetailReply(BookingReply):
    """A booking with all that is known about it."""

    contact: ContactReply
    email_logs: tuple[()] = ()
    history: list[HistoryReply]
    payment: None = None


class BookedReply(WireModel):
    booking_id: UUID


class BookedByInviteeReply(BookedReply):
    """`manage_url` is the invitee's signed link: whoever has it sees and changes the booking."""

    manage_url: str


class InviteesHostReply(WireModel):
    """What an invitee is told of their host."""

    name: str
    username: str


class InviteesBookingReply(BookingReply):
    """A booking as its invitee sees it."""

    host: InviteesHostReply

    @classmethod
    def seen(cls, booking: Booking) -> Self:
        """The reply about `booking`."""
        host = InviteesHostReply(name=booking.host.name, username=booking.host.username)
        return cls.of(booking, host=host)
