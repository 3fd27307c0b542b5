"""What subscribers read: `{type, timestamp, data}`, one shape for each event.

The shapes are written out, so that what subscribers were promised does not change with what our
services tell each other.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    BookingStatus,
    CancelledBy,
    PaymentReceived,
    PaymentState,
    RescheduledBy,
)
from linktime_common.contracts.events.contacts import ContactCreated, ContactState
from linktime_common.contracts.wire import Instant, WireModel

_Sequence = Annotated[
    int,
    Field(
        description=(
            "Grows with every change of the booking: what is lower than what you have seen is old"
        )
    ),
]
_When = Annotated[Instant, Field(description="When it happened, not when it was sent")]


class WebhookContactId(WireModel):
    """The host's contact with the invitee's e-mail."""

    id: UUID


class WebhookBooking(WireModel):
    """The whole booking after the change."""

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
    host: BookedHost
    location: str | None
    source: Literal["api", "page", "embed"]
    sequence: _Sequence
    created_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None
    cancellation_reason: str | None
    manage_url: Annotated[
        str | None,
        Field(description="The invitee's link: anyone who has it can use it"),
    ]
    contact: Annotated[
        WebhookContactId | None, Field(description="null until the invitee is a known contact")
    ]


class WebhookCancelledBooking(WebhookBooking):
    """The booking, and who cancelled it why."""

    cancelled_by: CancelledBy
    reason: str | None


class WebhookRescheduledBooking(WebhookBooking):
    """The booking at its new time, its old time, and who moved it why."""

    previous_start_time: Instant
    previous_end_time: Instant
    rescheduled_by: RescheduledBy
    reason: str | None


class WebhookPayment(PaymentState):
    """The payment and its booking; `amount` in the currency's minor unit, such as cents."""

    booking: WebhookBooking


class WebhookContact(ContactState):
    """The contact, and what added it."""

    source: Literal["api", "booking", "dashboard"]


class BookingCreatedPayload(WireModel):
    """A booking is confirmed."""

    type: Literal["booking.created"] = "booking.created"
    timestamp: _When
    data: WebhookBooking


class BookingCancelledPayload(WireModel):
    """A booking is cancelled."""

    type: Literal["booking.cancelled"] = "booking.cancelled"
    timestamp: _When
    data: WebhookCancelledBooking


class BookingRescheduledPayload(WireModel):
    """A booking is moved."""

    type: Literal["booking.rescheduled"] = "booking.rescheduled"
    timestamp: _When
    data: WebhookRescheduledBooking


class PaymentReceivedPayload(WireModel):
    """A paid booking is paid."""

    type: Literal["payment.received"] = "payment.received"
    timestamp: _When
    data: WebhookPayment


class ContactCreatedPayload(WireModel):
    """A contact is added, by hand, by the API or by a first booking."""

    type: Literal["contact.created"] = "contact.created"
    timestamp: _When
    data: WebhookContact


Payload = (
    BookingCreatedPayload
    | BookingCancelledPayload
    | BookingRescheduledPayload
    | PaymentReceivedPayload
    | ContactCreatedPayload
)


def body_of(event: Event) -> bytes:
    """The delivery's body, serialised once for all endpoints and attempts."""
    return _payload_of(event).model_dump_json().encode()


def _payload_of(event: Event) -> Payload:
    match event:
        case BookingCreated():
            booking = WebhookBooking.model_validate(_booking(event))
            return BookingCreatedPayload(timestamp=event.occurred_at, data=booking)
        case BookingCancelled():
            cancelled = WebhookCancelledBooking.model_validate(
                {**_booking(event), "cancelled_by": event.cancelled_by, "reason": event.reason}
            )
            return BookingCancelledPayload(timestamp=event.occurred_at, data=cancelled)
        case BookingRescheduled():
            moved = WebhookRescheduledBooking.model_validate(
                {
                    **_booking(event),
                    "previous_start_time": event.previous_start_time,
                    "previous_end_time": event.previous_end_time,
                    "rescheduled_by": event.rescheduled_by,
                    "reason": event.reason,
                }
            )
            return BookingRescheduledPayload(timestamp=event.occurred_at, data=moved)
        case PaymentReceived():
            paid = WebhookPayment.model_validate(
                {**dict(event.payment), "booking": _booking(event)}
            )
            return PaymentReceivedPayload(timestamp=event.occurred_at, data=paid)
        case ContactCreated():
            contact = WebhookContact.model_validate({**dict(event.contact), "source": event.source})
            return ContactCreatedPayload(timestamp=event.occurred_at, data=contact)
        case _:
            raise TypeError(f"{event.type} is not an event that subscribers are told of")


def _booking(event: BookingEvent) -> dict[str, Any]:
    contact = None if event.contact_id is None else {"id": event.contact_id}
    return {**dict(event.booking), "manage_url": event.manage_url, "contact": contact}
