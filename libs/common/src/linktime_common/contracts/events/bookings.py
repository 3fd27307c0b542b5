"""Events that the bookings service publishes."""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from linktime_common.contracts.events.base import Event, PersonErased
from linktime_common.contracts.wire import Instant, WireModel

CancelledBy = Literal["host", "invitee", "system"]
RescheduledBy = Literal["host", "invitee"]


class BookingStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class Answer(WireModel):
    question_id: str
    label: str
    value: str


class BookedEventType(WireModel):
    """The event type at the time of booking."""

    id: UUID
    name: str
    slug: str
    duration_minutes: int


class BookedHost(WireModel):
    id: UUID
    name: str
    email: str
    username: str
    timezone: str | None = None  # since 2026-11; None for older bookings
    locale: str | None = None  # the language of mails; None when it is not known


class PaymentState(WireModel):
    """A payment of a booking; `amount` in the currency's minor unit."""

    id: UUID
    booking_id: UUID
    amount: int
    currency: str  # ISO 4217, in capitals
    provider: str
    paid_at: Instant


class BookingState(WireModel):
    """A booking's whole state after a change."""

    id: UUID
    status: BookingStatus
    start_time: Instant
    end_time: Instant
    buffer_before: int  # minutes, at the time of booking
    buffer_after: int
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
    sequence: int  # starts at 0, incremented with every change that an invitee's calendar must show
    reservation_id: UUID
    created_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None
    cancellation_reason: str | None


class BookingEvent(Event):
    """Common base of booking events."""

    publisher: ClassVar[str] = "bookings"
    booking: BookingState
    manage_url: str | None = None  # the invitee's link
    contact_id: UUID | None = None  # the host's contact with the invitee's e-mail, if known


class BookingCreated(BookingEvent):
    """A booking is confirmed and holds its host's time."""

    type: ClassVar[str] = "booking.created"
    consumers: ClassVar[frozenset[str]] = frozenset({"availability", "contacts", "webhooks"})


class BookingCancelled(BookingEvent):
    """A confirmed booking no longer holds its host's time."""

    type: ClassVar[str] = "booking.cancelled"
    consumers: ClassVar[frozenset[str]] = frozenset({"availability", "contacts", "webhooks"})
    cancelled_by: CancelledBy
    reason: str | None


class BookingRescheduled(BookingEvent):
    """A confirmed booking moved: its reservation holds the new time, the previous is free."""

    type: ClassVar[str] = "booking.rescheduled"
    consumers: ClassVar[frozenset[str]] = frozenset({"availability", "contacts", "webhooks"})
    previous_start_time: Instant
    previous_end_time: Instant
    previous_reservation_id: UUID
    rescheduled_by: RescheduledBy
    reason: str | None


class PaymentReceived(BookingEvent):
    """A paid booking is paid."""

    type: ClassVar[str] = "payment.received"
    consumers: ClassVar[frozenset[str]] = frozenset({"webhooks"})
    payment: PaymentState


class InviteeErased(PersonErased):
    """Bookings, histories and mails no longer contain the person."""

    type: ClassVar[str] = "booking.invitee_erased"
    publisher: ClassVar[str] = "bookings"
