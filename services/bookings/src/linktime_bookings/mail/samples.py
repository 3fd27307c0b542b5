"""One made-up mail of each kind, for previews and for the golden files of the tests."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from linktime_bookings.domain.account_mails import account_email
from linktime_bookings.domain.booking import Booking, Invitee
from linktime_bookings.domain.emails import (
    DEFAULT_TIMEZONE,
    Email,
    Kind,
    emails_of_booking,
    emails_of_cancellation,
    emails_of_move,
)
from linktime_bookings.domain.events import EventContext, state_of
from linktime_bookings.domain.notices import calendar_email, calendar_event_email, webhook_email
from linktime_bookings.domain.refused_mail import mail_refused
from linktime_bookings.domain.reminders import reminder_email, reminders_of
from linktime_bookings.domain.sender import Sender
from linktime_common.contracts.events.availability import (
    CalendarDisconnected,
    CalendarEventChange,
    CalendarEventChanged,
    DisconnectionReason,
)
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingStatus,
)
from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.contracts.events.webhooks import WebhookNotice

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SENDER = Sender(
    address="bookings@linktime.example",
    name="LinkTime",
    domain="linktime.example",
    uid_domain="linktime.example",
    public_url="https://linktime.example",
)
HOST = BookedHost(
    id=UUID("01a2221d-0e0f-7754-b51d-603f55031001"),
    name="Grace Hopper",
    email="grace@example.com",
    username="grace",
    timezone="America/New_York",
)
_BOOKED = Booking(
    id=UUID("01a2221d-0e0f-7754-b51d-603f55031002"),
    version=1,
    sequence=0,
    status=BookingStatus.CONFIRMED,
    starts_at=NOW + timedelta(hours=24),
    ends_at=NOW + timedelta(hours=24, minutes=30),
    buffer_before=0,
    buffer_after=0,
    invitee=Invitee(
        name="Zoë Müller",
        email="zoe@example.org",
        timezone="Europe/Berlin",
        phone="+49 30 1234567",
        notes="I am new to this.\nMy slides: https://slides.example.org/intro",
    ),
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
    reservation_id=UUID("01a2221d-0e0f-7754-b51d-603f55031004"),
    created_at=NOW,
    updated_at=NOW,
)
BOOKING = state_of(_BOOKED)
REASON = "I am travelling that day."
MANAGE_URL = f"{SENDER.public_url}/manage/link-1.AaIiHQ4Pd1S1HWA_VQMQAgGiIh0ODw"
LINK_SECRET = "Zr0qUo5X1cV7mQm2Jm3vY8n2wq4s6t8u0v1x3z5A7B9"  # noqa: S105 - an example
_EVENT_ID = UUID("01a2221d-0e0f-7754-b51d-603f55031005")
_MOVED = CalendarEventChanged(
    event_id=_EVENT_ID,
    occurred_at=NOW,
    owner_id=HOST.id,
    aggregate_id=BOOKING.id,
    aggregate_version=1,
    booking_id=BOOKING.id,
    change=CalendarEventChange.MOVED,
    new_start_time=BOOKING.start_time + timedelta(hours=2),
    new_end_time=BOOKING.end_time + timedelta(hours=2),
)


def sample(kind: Kind, locale: str) -> Email:
    """Return the made-up mail of this kind to a recipient with this language."""
    email = _emails()[kind]
    if kind.for_invitee:
        return replace(email, locale=locale)
    page = "verify" if kind is Kind.VERIFY_ADDRESS else "password"
    link = {"link": f"{SENDER.public_url}/account/{page}/{LINK_SECRET}"}
    facts = {**email.facts, **(link if kind.is_of_account else {})}
    # The directory has the address, name and zone.
    return replace(
        email,
        recipient=HOST.email,
        recipient_name=HOST.name,
        timezone=HOST.timezone or DEFAULT_TIMEZONE,
        locale=locale,
        facts=facts,
    )


@cache
def _emails() -> Mapping[Kind, Email]:
    """Return a mail of each kind, made as the service makes it."""
    context = EventContext(manage_url=MANAGE_URL, contact_id=None)
    moved = replace(_BOOKED, sequence=1)
    # From a meeting across midnight in Berlin.
    before = replace(
        _BOOKED,
        starts_at=NOW + timedelta(hours=9, minutes=45),
        ends_at=NOW + timedelta(hours=10, minutes=15),
    )
    booked = emails_of_booking(_BOOKED, context)
    emails = [
        *booked,
        *emails_of_move(before, moved, context, by="invitee", reason=REASON),
        *emails_of_cancellation(_BOOKED.cancel(reason=REASON, now=NOW), context, by="host"),
        *_reminders(),
        calendar_event_email(_BOOKED, _MOVED),
        mail_refused(booked[0], "550 5.1.1 No such user here"),
        *_notices(),
        *(
            account_email(event_id=_EVENT_ID, user_id=HOST.id, mail=mail, at=NOW)
            for mail in AccountMailKind
        ),
    ]
    return {email.kind: email for email in emails}


def _reminders() -> Iterator[Email]:
    booking = replace(_BOOKED, reminder_minutes=[60])
    for reminder in reminders_of(booking, now=NOW):
        email = reminder_email(reminder, booking, MANAGE_URL, now=NOW)
        if email is not None:
            yield email


def _notices() -> Iterator[Email]:
    for notice in (WebhookNotice.FAILING_24H, WebhookNotice.DISABLED_GONE):
        url = "https://hooks.example.com/linktime"
        yield webhook_email(event_id=_EVENT_ID, user_id=HOST.id, notice=notice, url=url, at=NOW)
    yield calendar_email(
        CalendarDisconnected(
            event_id=_EVENT_ID,
            occurred_at=NOW,
            owner_id=HOST.id,
            aggregate_id=_EVENT_ID,
            aggregate_version=1,
            subject="Work",
            reason=DisconnectionReason.UNREACHABLE,
            stops_booking=True,
        )
    )
