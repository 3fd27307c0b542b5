"""The events of bookings."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    BookingState,
    CancelledBy,
    RescheduledBy,
)


@dataclass(frozen=True)
class EventContext:
    """The parts of an event beside the booking's state: the invitee's link, and the contact."""

    manage_url: str
    contact_id: UUID | None


def state_of(booking: Booking) -> BookingState:
    """Return the booking's state for events and the internal API."""
    return BookingState(
        id=booking.id,
        status=booking.status,
        start_time=booking.starts_at,
        end_time=booking.ends_at,
        buffer_before=booking.buffer_before,
        buffer_after=booking.buffer_after,
        invitee_name=booking.invitee.name,
        invitee_email=booking.invitee.email,
        invitee_timezone=booking.invitee.timezone,
        invitee_phone=booking.invitee.phone,
        notes=booking.invitee.notes,
        answers=list(booking.answers),
        event_type=booking.event_type,
        host=booking.host,
        location=booking.location,
        source=booking.source,
        sequence=booking.sequence,
        reservation_id=booking.reservation_id,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
        cancelled_at=booking.cancelled_at,
        cancellation_reason=booking.cancellation_reason,
    )


class EventFields(TypedDict):
    """The fields that all events of a booking have."""

    owner_id: UUID
    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime
    booking: BookingState
    manage_url: str | None
    contact_id: UUID | None


def fields_of(booking: Booking, context: EventContext) -> EventFields:
    """Return what every event of the booking's last change contains."""
    return EventFields(
        owner_id=booking.host.id,
        aggregate_id=booking.id,
        aggregate_version=booking.version,
        occurred_at=booking.updated_at,
        booking=state_of(booking),
        manage_url=context.manage_url,
        contact_id=context.contact_id,
    )


def booking_created(booking: Booking, context: EventContext) -> BookingCreated:
    """Return the event of a new booking."""
    return BookingCreated(**fields_of(booking, context))


def booking_cancelled(
    booking: Booking, context: EventContext, *, by: CancelledBy
) -> BookingCancelled:
    """Return the event of a cancellation."""
    return BookingCancelled(
        **fields_of(booking, context), cancelled_by=by, reason=booking.cancellation_reason
    )


def booking_rescheduled(
    before: Booking, after: Booking, context: EventContext, *, by: RescheduledBy, reason: str | None
) -> BookingRescheduled:
    """Return the event of a reschedule."""
    return BookingRescheduled(
        **fields_of(after, context),
        previous_start_time=before.starts_at,
        previous_end_time=before.ends_at,
        previous_reservation_id=before.reservation_id,
        rescheduled_by=by,
        reason=reason,
    )
