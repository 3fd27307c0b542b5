"""SQL of the table `account_mail_requests`: mails about accounts that were asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_common.ids import new_id
from linktime_common.postgres import COMMAND_SECONDS, Connection
from linktime_gateway.domain.account_mails import PERIOD, MailReason

ADD = """
    INSERT INTO account_mail_requests (id, reason, user_id, email_key)
    VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO NOTHING
"""

TAKE = """
    SELECT id, reason, user_id, email_key, requested_at
      FROM account_mail_requests
     WHERE published_at IS NULL
       AND due_at <= $1
     ORDER BY due_at, id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""

POSTPONE = "UPDATE account_mail_requests SET due_at = $2 WHERE id = $1"

MARK_PUBLISHED = """
    UPDATE account_mail_requests
       SET published_at = $2, user_id = $3, email_key = NULL
     WHERE id = $1
"""

DROP = "DELETE FROM account_mail_requests WHERE id = $1"

COUNT_PUBLISHED = """
    SELECT count(*)
      FROM account_mail_requests
     WHERE user_id = $1
       AND published_at > $2
"""

CLEAR = "DELETE FROM account_mail_requests WHERE published_at <= $1"


@dataclass(frozen=True)
class MailRequest:
    """For the account `user_id`, or for that with the address `email_key`."""

    id: UUID
    reason: MailReason
    user_id: UUID | None
    email_key: str | None
    requested_at: datetime


async def add(
    connection: Connection,
    reason: MailReason,
    *,
    user_id: UUID | None = None,
    email_key: str | None = None,
    event_id: UUID | None = None,
) -> None:
    """Write a request that is due now; one only for an event."""
    await connection.execute(ADD, event_id or new_id(), reason, user_id, email_key)


async def take(connection: Connection, now: datetime) -> MailRequest | None:
    """Lock a due request until the transaction ends."""
    row = await connection.fetchrow(TAKE, now)
    return MailRequest(**{**row, "reason": MailReason(row["reason"])}) if row else None


async def postpone(connection: Connection, request_id: UUID, due_at: datetime) -> None:
    """Look at the request again later."""
    await connection.execute(POSTPONE, request_id, due_at)


async def mark_published(
    connection: Connection, request_id: UUID, user_id: UUID, now: datetime
) -> None:
    """Keep the request as a mail of this user, without the address."""
    await connection.execute(MARK_PUBLISHED, request_id, now, user_id)


async def drop(connection: Connection, request_id: UUID) -> None:
    """Delete the request."""
    await connection.execute(DROP, request_id)


async def published_since(connection: Connection, user_id: UUID, since: datetime) -> int:
    """Return how many requests became mails of this user."""
    found: int = await connection.fetchval(COUNT_PUBLISHED, user_id, since)
    return found


async def clear(connection: Connection, now: datetime, *, kept: timedelta = PERIOD) -> None:
    """Delete requests that no longer count."""
    await connection.execute(CLEAR, now - kept, timeout=COMMAND_SECONDS)
