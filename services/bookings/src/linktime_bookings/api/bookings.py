"""A host's bookings, with an API key or in the dashboard."""

from typing import Self
from uuid import UUID

from aiohttp import web

from linktime_bookings.api.emails import EmailLogReply
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking, By, Change, HistoryLine, Source
from linktime_bookings.domain.errors import BookingNotFound
from linktime_bookings.store import bookings, email_logs, history
from linktime_common.contracts.events.bookings import Answer, BookedEventType, BookingStatus
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id

TAG = "Bookings"
NOT_FOUND: Refusals = {BookingNotFound: "No such booking, or not yours"}


class BookingReply(WireModel):
    """A booking in lists."""

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
        """Return the reply for `booking`; `more` are the fields of a subclass."""
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
    """The invitee as the host's contact; `id` is None if there is no contact yet."""

    id: UUID | None
    name: str
    email: str
    phone: str | None
    company: str | None

    @classmethod
    def of(cls, booking: Booking, found: FoundContact | None) -> Self:
        """Return `found`, or else the details in the booking."""
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
    ignored_rules: bool

    @classmethod
    def of(cls, line: HistoryLine) -> Self:
        """Return the reply for one change."""
        return cls(
            type=line.type,
            at=line.at,
            by=line.by,
            reason=line.reason,
            from_start_time=line.from_starts_at,
            to_start_time=line.to_starts_at,
            ignored_rules=line.ignored_rules,
        )


class Payment(WireModel):
    """The payment of a booking; `amount` in the currency's minor unit, such as cents."""

    id: UUID
    amount: int
    currency: str
    provider: str
    paid_at: Instant


class BookingDetailReply(BookingReply):
    """A booking with its contact, mails and history."""

    contact: ContactReply
    email_logs: list[EmailLogReply]
    history: list[HistoryReply]
    payment: Payment | None = None  # bookings are free of charge


EXAMPLE = BookingReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    status="CONFIRMED",
    start_time="2026-03-01T14:00:00Z",
    end_time="2026-03-01T14:30:00Z",
    invitee_name="Zoë Quinn",
    invitee_email="zoe@example.com",
    invitee_timezone="Europe/Berlin",
    invitee_phone="+4930123456",
    notes="Looking forward to it",
    answers=[Answer(question_id="topic", label="What is it about?", value="Prices")],
    event_type=BookedEventType(
        id="0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
        name="Intro call",
        slug="intro-call",
        duration_minutes=30,
    ),
    location="Phone",
    source="api",
    sequence=0,
    created_at="2026-02-20T09:30:00Z",
    updated_at="2026-02-20T09:30:00Z",
    cancelled_at=None,
    cancellation_reason=None,
)
DETAIL = BookingDetailReply(
    **EXAMPLE.model_dump(by_alias=False),
    contact=ContactReply(
        id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
        name="Zoë Quinn",
        email="zoe@example.com",
        phone="+4930123456",
        company="Example GmbH",
    ),
    email_logs=[
        EmailLogReply(
            id="5f3d6f60-52c4-5d0e-8e4e-0d5b1f6b8a11",
            type="confirmation",
            recipient="zoe@example.com",
            status="SENT",
            sent_at="2026-02-20T09:30:02Z",
            error=None,
        )
    ],
    history=[
        HistoryReply(
            type="created",
            at="2026-02-20T09:30:00Z",
            by="host",
            reason=None,
            from_start_time=None,
            to_start_time=None,
            ignored_rules=False,
        )
    ],
)


@Operation(
    summary="Read a booking with its contact, mails and history",
    description=(
        "`contact.id` is null, with the booking's details, while the contact does not exist or "
        "cannot be reached. `emailLogs` has the newest 100 mails, oldest first."
    ),
    tag=TAG,
    reply=DETAIL,
    errors=NOT_FOUND,
    conditional=True,
)
async def get_booking(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    booking_id = path_id(request, "id", otherwise=BookingNotFound)
    async with deps.database.connection() as connection:
        booking = await bookings.find(connection, host_id=host_id, booking_id=booking_id)
        mails = await email_logs.of_booking(connection, owner_id=host_id, booking_id=booking_id)
        lines = await history.of_booking(connection, host_id=host_id, booking_id=booking_id)
    found = await deps.contacts.find(owner_id=host_id, email=booking.invitee.email)
    return bodies.reply(
        BookingDetailReply.of(
            booking,
            contact=ContactReply.of(booking, found),
            email_logs=[EmailLogReply.of(mail) for mail in mails],
            history=[HistoryReply.of(line) for line in lines],
        )
    )
