"""The bodies that subscribers receive: `{type, timestamp, data}`, one shape for each event.

Every field is listed here, at every depth: a field added to an event between services reaches
subscribers only when it is added here too.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    BookingStatus,
    CancelledBy,
    PaymentReceived,
    RescheduledBy,
)
from linktime_common.contracts.events.contacts import ContactCreated, ContactMerged
from linktime_common.contracts.wire import Instant, WireModel

_Sequence = Annotated[
    int,
    Field(
        description=(
            "Grows with every change of the booking: ignore a version lower than the last one"
        )
    ),
]
_When = Annotated[Instant, Field(description="When it happened, not when it was sent")]


class WebhookAnswer(WireModel):
    """The invitee's answer to one question."""

    question_id: str
    label: str
    value: str


class WebhookEventType(WireModel):
    """The event type at the time of booking."""

    id: UUID
    name: str
    slug: str
    duration_minutes: int


class WebhookHost(WireModel):
    """The host at the time of booking; `timezone` is null for older bookings."""

    id: UUID
    name: str
    email: str
    username: str
    timezone: str | None


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
    answers: list[WebhookAnswer]
    event_type: WebhookEventType
    host: WebhookHost
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
    """The booking, who cancelled it and why."""

    cancelled_by: CancelledBy
    reason: str | None


class WebhookRescheduledBooking(WebhookBooking):
    """The booking at its new time, its old time, who moved it and why."""

    previous_start_time: Instant
    previous_end_time: Instant
    rescheduled_by: RescheduledBy
    reason: str | None


class WebhookPayment(WireModel):
    """The payment and its booking; `amount` in the currency's minor unit, such as cents."""

    id: UUID
    booking_id: UUID
    amount: int
    currency: str
    provider: str
    paid_at: Instant
    booking: WebhookBooking


class _Contact(WireModel):
    id: UUID
    name: str
    email: str
    phone: str | None
    company: str | None
    notes: str | None
    meeting_count: int
    last_meeting_at: Instant | None
    created_at: Instant
    updated_at: Instant


class WebhookContact(_Contact):
    """The contact and its source."""

    source: Literal["api", "booking", "dashboard"]


class WebhookMergedContact(_Contact):
    """The contact after the merge, which the other e-mails and phones find, too."""

    merged_contact_id: UUID
    other_emails: list[str]
    other_phones: list[str]


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


class ContactMergedPayload(WireModel):
    """Another contact is merged into this one and deleted."""

    type: Literal["contact.merged"] = "contact.merged"
    timestamp: _When
    data: WebhookMergedContact


Payload = (
    BookingCreatedPayload
    | BookingCancelledPayload
    | BookingRescheduledPayload
    | PaymentReceivedPayload
    | ContactCreatedPayload
    | ContactMergedPayload
)


def body_of(event: Event) -> bytes:
    """Return the delivery's body, serialised once for all endpoints and attempts."""
    return _payload_of(event).model_dump_json().encode()


def _payload_of(event: Event) -> Payload:
    match event:
        case BookingCreated():
            return _read(BookingCreatedPayload, event, _booking(event))
        case BookingCancelled():
            return _read(
                BookingCancelledPayload,
                event,
                {**_booking(event), "cancelled_by": event.cancelled_by, "reason": event.reason},
            )
        case BookingRescheduled():
            return _read(
                BookingRescheduledPayload,
                event,
                {
                    **_booking(event),
                    "previous_start_time": event.previous_start_time,
                    "previous_end_time": event.previous_end_time,
                    "rescheduled_by": event.rescheduled_by,
                    "reason": event.reason,
                },
            )
        case PaymentReceived():
            paid = {**dict(event.payment), "booking": _booking(event)}
            return _read(PaymentReceivedPayload, event, paid)
        case ContactCreated():
            added = {**dict(event.contact), "source": event.source}
            return _read(ContactCreatedPayload, event, added)
        case ContactMerged():
            return _read(ContactMergedPayload, event, _merged(event))
        case _:
            raise TypeError(f"{event.type} is not an event that subscribers receive")


def _booking(event: BookingEvent) -> dict[str, Any]:
    contact = None if event.contact_id is None else {"id": event.contact_id}
    return {**dict(event.booking), "manage_url": event.manage_url, "contact": contact}


def _merged(event: ContactMerged) -> dict[str, Any]:
    return {
        **dict(event.contact),
        "merged_contact_id": event.merged_contact_id,
        "other_emails": event.other_emails,
        "other_phones": event.other_phones,
    }


def _read(payload: type[Payload], event: Event, data: Mapping[str, Any]) -> Payload:
    # Only the fields that the payload names are read of nested models.
    return payload.model_validate(
        {"timestamp": event.occurred_at, "data": data}, from_attributes=True
    )
