"""The `email_messages` table: mails to send, and what became of each.

A row is written in the transaction of its fact. The job that sends it leases it first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from linktime_bookings.domain.email_limits import EmailLimits, keys_of, over_limit
from linktime_bookings.domain.emails import Email, Kind, Status
from linktime_bookings.store import email_counts
from linktime_bookings.store.outdated_emails import find_outdated
from linktime_common.columns import ArrayColumns
from linktime_common.postgres import Connection
from linktime_common.redaction import ERASED_EMAIL

EMAIL = ArrayColumns(
    id="uuid",
    owner_id="uuid",
    booking_id="uuid",
    sequence="integer",
    kind="text",
    resend_of="uuid",
    recipient="text",
    recipient_name="text",
    locale="text",
    timezone="text",
    facts="jsonb",
    expires_at="timestamptz",
    traceparent="text",
)

ADD = f"""
    INSERT INTO email_messages ({EMAIL})
    SELECT * FROM unnest({EMAIL.arrays()})
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - the columns are a constant

# A mail that was being sent when its worker stopped is found again, once its lease has ended.
LOCK_DUE = f"""
    SELECT {EMAIL}, attempts, created_at, content
      FROM email_messages
     WHERE status IN ('QUEUED', 'SENDING', 'DEFERRED')
       AND due_at <= now()
       AND (leased_until IS NULL OR leased_until <= now())
     ORDER BY due_at, id
     LIMIT $1
       FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - the columns are a constant

LEASE = """
    UPDATE email_messages
       SET leased_until = now() + $2::interval, attempts = attempts + 1
     WHERE id = ANY ($1::uuid[])
    RETURNING leased_until
"""

SUPPRESS = """
    UPDATE email_messages
       SET status = 'SUPPRESSED', error = refused.error
      FROM unnest($1::uuid[], $2::text[]) AS refused (id, error)
     WHERE email_messages.id = refused.id
"""

# Mails about the booking that wait for another attempt, and reminders: the change makes them wrong.
# Mails that were not tried yet keep their state: `outdated_emails.OUTDATED` decides when they are
# about to be sent, and suppresses those to a person who gets a later mail about the booking.
SUPERSEDE = """
    UPDATE email_messages
       SET status = 'SUPPRESSED', error = 'a later mail replaces it'
     WHERE booking_id = $1
       AND kind = ANY ($2)
       AND (status = 'DEFERRED' OR (status = 'QUEUED' AND kind = 'reminder'))
       AND (leased_until IS NULL OR leased_until <= now())
"""

# A notice stays true, and no later mail says it.
OF_BOOKING = [kind for kind in Kind if kind.is_of_booking]

# Not a mail whose lease has ended, as another process may be sending it.
MARK_SENDING = """
    UPDATE email_messages
       SET status = 'SENDING',
           content = message.content,
           recipient = coalesce(message.recipient, email_messages.recipient)
      FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[], $4::text[])
        AS message (id, leased_until, content, recipient)
     WHERE email_messages.id = message.id
       AND email_messages.leased_until = message.leased_until
       AND email_messages.leased_until > now()
       AND email_messages.status IN ('QUEUED', 'SENDING', 'DEFERRED')
    RETURNING email_messages.id
"""

# That a mail was sent is recorded regardless of the lease, so that it is not sent again. Every
# other outcome is that of the process with the lease.
# A mail without facts was emptied meanwhile, because of its age or an erasure, and is not tried
# again. The message of a mail that no server can have accepted is removed: the next attempt
# renders it again.
SETTLE = """
    UPDATE email_messages
       SET status = CASE WHEN facts IS NULL AND $2 = 'DEFERRED' THEN 'SUPPRESSED' ELSE $2 END,
           due_at = coalesce($3, due_at),
           smtp_code = $4,
           error = CASE WHEN facts IS NULL AND $5 LIKE '%@%' THEN NULL ELSE $5 END,
           content = CASE WHEN $2 = 'SENT' OR $7 THEN content END,
           sent_at = CASE WHEN $2 = 'SENT' THEN now() END,
           leased_until = NULL
     WHERE id = $1
       AND status <> 'SENT'
       AND ($2 = 'SENT' OR leased_until = $6)
    RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class LeasedEmail(Email):
    """A mail that only this process may send until its lease ends."""

    leased_until: datetime
    """The end of the lease, which no other lease of this mail has."""
    attempts: int
    """How often it was leased, this time included."""
    created_at: datetime
    content: bytes | None
    """The message of an earlier attempt after which the server may have it."""

    @property
    def may_be_accepted(self) -> bool:
        """Whether a server may have accepted it in an earlier attempt."""
        return self.content is not None


class Leased(NamedTuple):
    """The leased mails, and whether more may be due."""

    emails: list[LeasedEmail]
    has_more: bool


class PreparedEmail(NamedTuple):
    """What is kept of a message that is about to be sent; of a secret one neither value."""

    email: LeasedEmail
    content: bytes | None
    recipient: str | None


async def add(connection: Connection, emails: Sequence[Email]) -> None:
    """Write the mails in the running transaction; one that exists already stays as it is.

    An invitee who was erased has no address, and gets no mail.
    """
    wanted = [email for email in emails if email.recipient != ERASED_EMAIL]
    if wanted:
        await connection.execute(ADD, *arrays_of(wanted))


def arrays_of(emails: Sequence[Email]) -> list[list[Any]]:
    """Return the values of EMAIL, for a statement that writes mails with their fact."""
    values = [EMAIL.values(email) for email in emails]
    return [[row[position] for row in values] for position in range(len(EMAIL))]


async def lease(
    connection: Connection, *, limit: int, seconds: float, limits: EmailLimits
) -> Leased:
    """Lease up to `limit` due mails for `seconds`, oldest first.

    A mail is counted when it is leased for the first time. It is suppressed instead if it no longer
    applies or is over a limit.
    """
    async with connection.transaction():
        due = await connection.fetch(LOCK_DUE, limit)
        refused = await _refused(connection, due, limits)
        if refused:
            await connection.execute(SUPPRESS, list(refused.keys()), list(refused.values()))
        ids = [row["id"] for row in due if row["id"] not in refused]
        has_more = len(due) == limit
        if not ids:
            return Leased([], has_more)
        until = await connection.fetchval(LEASE, ids, timedelta(seconds=seconds))
    return Leased([_leased(row, until) for row in due if row["id"] not in refused], has_more)


async def _refused(
    connection: Connection, due: Sequence[asyncpg.Record], limits: EmailLimits
) -> dict[UUID, str]:
    """Count the new mails, and return those that are not sent, with the reason."""
    new = [_email(row) for row in due if row["attempts"] == 0]
    if not new:
        return {}
    # One that is not sent must not take the place of the mail that replaces it.
    outdated = await find_outdated(connection, [email.id for email in new])
    new = [email for email in new if email.id not in outdated]
    return outdated | await _over_limit(connection, new, limits)


async def _over_limit(
    connection: Connection, new: Sequence[Email], limits: EmailLimits
) -> dict[UUID, str]:
    keys = (key for email in new for key in keys_of(email, limits))
    counted = await email_counts.count(connection, keys)
    refused = over_limit(new, counted, limits)
    return {new[position].id: problem for position, problem in refused.items()}


async def supersede(connection: Connection, booking_id: UUID) -> None:
    """Suppress mails that are no longer right after a change of the booking."""
    await connection.execute(SUPERSEDE, booking_id, OF_BOOKING)


async def mark_sending(connection: Connection, messages: Sequence[PreparedEmail]) -> set[UUID]:
    """Note that the messages are about to be sent; contents and addresses are kept for repeats.

    Returns the ids of those whose lease has not ended. The others must not be sent.
    """
    values = [
        (one.email.id, one.email.leased_until, one.content, one.recipient) for one in messages
    ]
    columns = [[row[position] for row in values] for position in range(4)]
    return {row["id"] for row in await connection.fetch(MARK_SENDING, *columns)}


async def settle(
    connection: Connection,
    email: LeasedEmail,
    *,
    status: Status,
    due_at: datetime | None = None,
    smtp_code: int | None = None,
    error: str | None = None,
    may_be_accepted: bool = False,
) -> bool:
    """End the lease with the outcome, and return whether it was stored.

    A mail that was sent stays sent. The lease of another process stays, unless the mail was sent.
    """
    keeps = may_be_accepted or email.may_be_accepted
    values = (email.id, status, due_at, smtp_code, error, email.leased_until, keeps)
    return await connection.fetchval(SETTLE, *values) is not None


def _email(row: asyncpg.Record) -> Email:
    return Email(**_fields(row))


def _leased(row: asyncpg.Record, until: datetime) -> LeasedEmail:
    return LeasedEmail(
        **_fields(row),
        leased_until=until,
        attempts=row["attempts"] + 1,
        created_at=row["created_at"],
        content=row["content"],
    )


def _fields(row: asyncpg.Record) -> dict[str, Any]:
    return {**EMAIL.fields(row), "kind": Kind(row["kind"])}
