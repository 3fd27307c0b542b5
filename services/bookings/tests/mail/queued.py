"""Mails about a booking, and what tests ask of their rows."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.bookings.tests.calls import PUBLIC_URL, Caller, slot
from services.bookings.tests.rows import rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.email_limits import EmailLimits
from linktime_bookings.domain.emails import BookingFacts, Email, Kind, NoticeFacts, email_id
from linktime_bookings.domain.mail_server import MailSecurity, MailServer
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail.connections import SmtpConnections
from linktime_bookings.mail.delivery import MailDelivery
from linktime_bookings.mail.preparing import Preparer
from linktime_bookings.store import emails
from linktime_common.contracts.events.bookings import (
    BookedEventType,
    BookedHost,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import FaultyMailSink

SENDER = Sender(
    address="no-reply@meet.example",
    name="LinkTime",
    domain="meet.example",
    uid_domain="meet.example",
    public_url=PUBLIC_URL,
)
LIMITS = EmailLimits(to_invitee=30, of_host=1_000, to_user=10)
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
HOST = "ada@host.example"
INVITEE = "sarah@example.com"


def facts(invitee: str = INVITEE, sequence: int = 0) -> BookingFacts:
    state = BookingState(
        id=new_id(),
        status=BookingStatus.CONFIRMED,
        start_time=START,
        end_time=START + timedelta(minutes=30),
        buffer_before=0,
        buffer_after=0,
        invitee_name="Sarah",
        invitee_email=invitee,
        invitee_timezone="Europe/Berlin",
        invitee_phone=None,
        notes=None,
        answers=[],
        event_type=BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=30),
        host=BookedHost(
            id=new_id(), name="Ada", email=HOST, username="ada", timezone="Europe/Vienna"
        ),
        location="https://meet.example/intro",
        source="page",
        sequence=sequence,
        reservation_id=new_id(),
        created_at=START - timedelta(days=3),
        updated_at=START - timedelta(days=3),
        cancelled_at=None,
        cancellation_reason=None,
    )
    return BookingFacts(booking=state, manage_url=f"{PUBLIC_URL}/manage/token")


async def booked(database: Database, host: Caller, invitee: str = INVITEE) -> BookingFacts:
    """Make a booking, and return the facts of its mails without their rows."""
    await host.booked(slot(0), inviteeEmail=invitee)
    async with database.connection() as connection:
        found = await connection.fetch("DELETE FROM email_messages RETURNING facts")
    return BookingFacts.model_validate(found[0]["facts"])


def an_email(
    kind: Kind = Kind.CONFIRMATION, *, of: BookingFacts | None = None, to: str = INVITEE
) -> Email:
    """Return a mail about a booking of its own, or about `of`."""
    of = of or facts(to)
    booking = of.booking
    return Email(
        id=email_id(kind, f"{booking.id}:{booking.sequence}"),
        owner_id=booking.host.id,
        kind=kind,
        recipient=to if kind.for_invitee else None,
        recipient_name="Sarah" if kind.for_invitee else "",
        locale="en",
        timezone="Europe/Berlin",
        facts=of.model_dump(mode="json"),
        booking_id=booking.id,
        sequence=booking.sequence,
        expires_at=booking.start_time,
    )


def notice(kind: Kind = Kind.WEBHOOK_FAILING, **fields: Any) -> Email:
    """Return a mail to a host whose address is not known yet."""
    given = NoticeFacts(subject="https://hooks.example/x", detail="webhook.failing.24h")
    email = Email(
        id=email_id(kind, new_id()),
        owner_id=new_id(),
        kind=kind,
        recipient=None,
        recipient_name=None,
        locale="en",
        timezone="UTC",
        facts=given.model_dump(mode="json"),
    )
    return replace(email, **fields)


async def add(database: Database, *wanted: Email) -> None:
    async with database.transaction() as connection:
        await emails.add(connection, wanted)


def server_of(sink: FaultyMailSink, **fields: Any) -> MailServer:
    given: dict[str, Any] = {
        "host": sink.host,
        "port": sink.port,
        "security": MailSecurity(sink.security.value),
        "user": None,
        "password": None,
        "own_name": "meet.example",
    }
    return MailServer(**given | fields)


def delivery_to(deps: Deps, server: MailServer | None) -> MailDelivery:
    preparer = Preparer(deps)
    return MailDelivery(deps, preparer, None if server is None else SmtpConnections(server))


async def send_again(database: Database, delivery: MailDelivery) -> None:
    """Send as if the time to the next attempt, and leases, had passed."""
    await pass_time(database)
    delivery._paused_until = 0.0
    await delivery.send_due()


async def pass_time(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE email_messages SET due_at = least(due_at, now()), leased_until = NULL"
        )


async def tried_often(database: Database) -> None:
    """Count nine attempts of each mail, after which one that is refused waits for a day."""
    async with database.connection() as connection:
        await connection.execute("UPDATE email_messages SET attempts = 9")


async def states(database: Database) -> dict[str, str]:
    """Return the status of each mail by its kind."""
    found = await rows(database, "SELECT kind, status FROM email_messages ORDER BY created_at, id")
    return dict(found)


async def waiting(database: Database) -> int:
    statement = (
        "SELECT count(*) FROM email_messages WHERE status IN ('QUEUED','SENDING','DEFERRED')"
    )
    ((number,),) = await rows(database, statement)
    return int(number)


async def until_idle(database: Database, *deliveries: MailDelivery) -> None:
    """Send with all at once until no mail waits."""
    while await waiting(database):
        await asyncio.gather(*(one.send_due() for one in deliveries))


def ids_of(sink: FaultyMailSink) -> list[str]:
    """Return the Message-ID of each received mail, in order of arrival."""
    return [str(mail.parsed["Message-ID"]) for mail in sink.mails]


def recipients_of(sink: FaultyMailSink) -> list[str]:
    """Return the recipient of each received mail, in order of arrival."""
    return [mail.recipients[0] for mail in sink.mails]


def an_account(user_id: UUID, *, active: bool = True, locale: str | None = None) -> DirectoryUser:
    user = UserState(
        id=user_id,
        email="new@host.example",
        name="Ada",
        username="ada",
        timezone="Europe/Vienna",
        plan=Plan.FREE,
        effective_plan=Plan.FREE,
        active=active,
        created_at=datetime.now(UTC),
        locale=locale,
    )
    return DirectoryUser(user=user, version=1)
