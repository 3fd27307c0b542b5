"""One made-up mail of each kind, for previews and for the golden files of the tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_bookings.domain.emails import BookingFacts, Email, Kind, NoticeFacts, email_id
from linktime_bookings.domain.sender import Sender
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.events.webhooks import WebhookNotice

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SENDER = Sender(
    address="bookings@linktime.example",
    name="LinkTime",
    domain="linktime.example",
    public_url="https://linktime.example",
)
HOST = BookedHost(
    id=UUID("01a2221d-0e0f-7754-b51d-603f55031001"),
    name="Grace Hopper",
    email="grace@example.com",
    username="grace",
    timezone="America/New_York",
)
BOOKING = BookingState(
    id=UUID("01a2221d-0e0f-7754-b51d-603f55031002"),
    status=BookingStatus.CONFIRMED,
    start_time=NOW + timedelta(hours=24),
    end_time=NOW + timedelta(hours=24, minutes=30),
    buffer_before=0,
    buffer_after=0,
    invitee_name="Zoë Müller",
    invitee_email="zoe@example.org",
    invitee_timezone="Europe/Berlin",
    invitee_phone="+49 30 1234567",
    notes="I am new to this.\nMy slides: https://slides.example.org/intro",
    answers=[Answer(question_id="company", label="Company", value="Example & Sons")],
    event_type=BookedEventType(
        id=UUID("01a2221d-0e0f-7754-b51d-603f55031003"),
        name="Intro call",
        slug="intro",
        duration_minutes=30,
    ),
    host=HOST,
    location="https://meet.example.com/intro",
    source="page",
    sequence=0,
    reservation_id=UUID("01a2221d-0e0f-7754-b51d-603f55031004"),
    created_at=NOW,
    updated_at=NOW,
    cancelled_at=None,
    cancellation_reason=None,
)
REASON = "I am travelling that day."
MANAGE_URL = f"{SENDER.public_url}/manage/link-1.AaIiHQ4Pd1S1HWA_VQMQAgGiIh0ODw"
_NOTICES = {
    Kind.HOST_MAIL_REFUSED: NoticeFacts(
        subject="zoe@example.org", detail="550 5.1.1 No such user here"
    ),
    Kind.WEBHOOK_FAILING: NoticeFacts(
        subject="https://hooks.example.com/linktime", detail=WebhookNotice.FAILING_24H
    ),
    Kind.WEBHOOK_DISABLED: NoticeFacts(
        subject="https://hooks.example.com/linktime", detail=WebhookNotice.DISABLED_GONE
    ),
    Kind.CALENDAR_DISCONNECTED: NoticeFacts(
        subject="Work", url=f"{SENDER.public_url}/dashboard/calendars"
    ),
}

LINK_SECRET = "Zr0qUo5X1cV7mQm2Jm3vY8n2wq4s6t8u0v1x3z5A7B9"  # noqa: S105 - an example


def sample(kind: Kind, locale: str) -> Email:
    """Return the made-up mail of this kind to a recipient with this language."""
    recipient = (BOOKING.invitee_email, BOOKING.invitee_name, BOOKING.invitee_timezone)
    if not kind.for_invitee:
        recipient = (HOST.email, HOST.name, "America/New_York")
    address, name, timezone = recipient
    return Email(
        id=email_id(kind, BOOKING.id),
        owner_id=HOST.id,
        booking_id=BOOKING.id if kind.is_of_booking else None,
        kind=kind,
        recipient=address,
        recipient_name=name,
        locale=locale,
        timezone=timezone,
        facts=_facts(kind),
    )


def _facts(kind: Kind) -> Mapping[str, Any]:
    if kind.is_of_account:
        page = "verify" if kind is Kind.VERIFY_ADDRESS else "password"
        return {"link": f"{SENDER.public_url}/account/{page}/{LINK_SECRET}"}
    if kind.is_of_booking:
        return _booking_facts(kind).model_dump(mode="json")
    return _NOTICES[kind].model_dump(mode="json")


def _booking_facts(kind: Kind) -> BookingFacts:
    moved = {"sequence": 1}
    match kind:
        case Kind.CANCELLED | Kind.HOST_CANCELLED:
            cancelled = {**moved, "status": BookingStatus.CANCELLED, "cancelled_at": NOW}
            booking = BOOKING.model_copy(update={**cancelled, "cancellation_reason": REASON})
            return BookingFacts(booking=booking, manage_url=MANAGE_URL, by="host", reason=REASON)
        case Kind.RESCHEDULED | Kind.HOST_RESCHEDULED:
            return BookingFacts(
                booking=BOOKING.model_copy(update=moved),
                manage_url=MANAGE_URL,
                by="invitee",
                reason=REASON,
                # From a meeting across midnight in Berlin.
                previous_start_time=NOW + timedelta(hours=9, minutes=45),
                previous_end_time=NOW + timedelta(hours=10, minutes=15),
            )
        case _:
            return BookingFacts(booking=BOOKING, manage_url=MANAGE_URL)
