"""The `email_messages` table: mails to send, and what became of each.

A row is written in the transaction of its fact. The job that sends it leases it first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from linktime_bookings.domain.email_limits import EmailLimits, keys_of, over_limit
from linktime_bookings.domain.emails import Email, Kind, Status
from linktime_bookings.store import email_counts
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
"""

SUPPRESS = """
    UPDATE email_messages
       SET status = 'SUPPRESSED', error = refused.error
      FROM unnest($1::uuid[], $2::text[]) AS refused (id, error)
     WHERE email_messages.id = refused.id
"""

# Mails that wait for another attempt, and reminders: the change makes them wrong. Mails that were
# not tried yet keep their state: `email_leases.OUTDATED` decides when they are about to be sent,
# and suppresses those to a person who gets a later mail about the booking.
SUPERSEDE = """
    UPDATE email_messages
       SET status = 'SUPPRESSED', error = 'a later mail replaces it'
     WHERE booking_id = $1
       AND (status = 'DEFERRED' OR (status = 'QUEUED' AND kind = 'reminder'))
       AND (leased_until IS NULL OR leased_until <= now())
"""

MARK_SENDING = """
    UPDATE email_messages
       SET status = 'SENDING', content = message.content
      FROM unnest($1::uuid[], $2::bytea[]) AS message (id, content)
     WHERE email_messages.id = message.id
       AND facts IS NOT NULL
"""

# A worker whose lease has ended may settle later than the one that sent the mail. One without facts
# was emptied meanwhile, because of its age or an erasure, and is not tried again.
SETTLE = """
    UPDATE email_messages
       SET status = CASE WHEN facts IS NULL AND $2 = 'DEFERRED' THEN 'SUPPRESSED' ELSE $2 END,
           due_at = coalesce($3, due_at),
           smtp_code = $4,
           error = CASE WHEN facts IS NULL AND $5 LIKE '%@%' THEN NULL ELSE $5 END,
           sent_at = CASE WHEN $6 THEN now() END,
           leased_until = NULL
     WHERE id = $1
       AND status <> 'SENT'
"""


@dataclass(frozen=True, kw_only=True)
class LeasedEmail(Email):
    """A mail that only this process may send until its lease ends."""

    attempts: int
    """How often it was leased, this time included."""
    created_at: datetime
    content: bytes | None
    """The message of an earlier attempt."""


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
    connection: Connection,
    *,
    limit: int,
    seconds: float,
    limits: EmailLimits = EmailLimits(),  # noqa: B008 - frozen
) -> list[LeasedEmail]:
    """Lease up to `limit` due mails for `seconds`, oldest first; suppress those over a limit.

    A mail is counted when it is leased for the first time.
    """
    async with connection.transaction():
        due = [_leased(row) for row in await connection.fetch(LOCK_DUE, limit)]
        refused = await _count(connection, due, limits)
        if refused:
            await connection.execute(SUPPRESS, list(refused.keys()), list(refused.values()))
        leased = [email for email in due if email.id not in refused]
        if leased:
            ids = [email.id for email in leased]
            await connection.execute(LEASE, ids, timedelta(seconds=seconds))
    return leased


async def _count(
    connection: Connection, due: Sequence[LeasedEmail], limits: EmailLimits
) -> dict[UUID, str]:
    new = [email for email in due if email.attempts == 1]
    if not new:
        return {}
    keys = (key for email in new for key in keys_of(email, limits))
    counted = await email_counts.count(connection, keys)
    refused = over_limit(new, counted, limits)
    return {new[position].id: problem for position, problem in refused.items()}


async def supersede(connection: Connection, booking_id: UUID) -> None:
    """Suppress mails that are no longer right after a change of the booking."""
    await connection.execute(SUPERSEDE, booking_id)


async def mark_sending(connection: Connection, contents: Mapping[UUID, bytes | None]) -> None:
    """Note that the messages are about to be sent; each content is kept for a repeat."""
    await connection.execute(MARK_SENDING, list(contents.keys()), list(contents.values()))


async def settle(
    connection: Connection,
    email_id: UUID,
    *,
    status: Status,
    due_at: datetime | None = None,
    smtp_code: int | None = None,
    error: str | None = None,
    sent: bool = False,
) -> None:
    """End the lease with the outcome; a mail that was sent stays sent."""
    await connection.execute(SETTLE, email_id, status, due_at, smtp_code, error, sent)


def _leased(row: asyncpg.Record) -> LeasedEmail:
    return LeasedEmail(
        **{**EMAIL.fields(row), "kind": Kind(row["kind"])},
        attempts=row["attempts"] + 1,
        created_at=row["created_at"],
        content=row["content"],
    )
