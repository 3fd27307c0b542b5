"""The mails of a booking, for its host."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from linktime_bookings.domain.emails import Kind, Status
from linktime_bookings.domain.errors import EmailNotFound
from linktime_bookings.domain.resending import WITHIN, SentEmail
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

MOST_LINES = 100

LINE = Columns("id", "kind", "recipient", "status", "sent_at", "error")

OF_BOOKING = f"""
    SELECT {LINE}
      FROM email_messages
     WHERE owner_id = $1
       AND booking_id = $2
     ORDER BY created_at DESC, kind DESC, id
     LIMIT $3
"""  # noqa: S608 - the columns are a constant

# Resends are counted for the first mail, also those of a resend.
FIND = """
    SELECT found.kind, found.facts, first.id AS first_id,
           (SELECT count(*)
              FROM email_messages
             WHERE booking_id = $2
               AND resend_of = first.id) AS resends,
           (SELECT array_agg(created_at ORDER BY created_at)
              FROM email_messages
             WHERE booking_id = $2
               AND resend_of = first.id
               AND created_at > now() - $4::interval) AS recent
      FROM email_messages AS found,
           LATERAL (SELECT coalesce(found.resend_of, found.id) AS id) AS first
     WHERE found.owner_id = $1
       AND found.booking_id = $2
       AND found.id = $3
"""


@dataclass(frozen=True)
class EmailLine:
    """What became of one mail."""

    id: UUID
    kind: Kind
    recipient: str | None
    status: Status
    sent_at: datetime | None
    error: str | None


async def of_booking(
    connection: Connection, *, owner_id: UUID, booking_id: UUID
) -> list[EmailLine]:
    """Return the newest MOST_LINES mails of the owner's booking, oldest first."""
    rows = await connection.fetch(OF_BOOKING, owner_id, booking_id, MOST_LINES)
    return [_line(row) for row in reversed(rows)]


async def find(
    connection: Connection, *, owner_id: UUID, booking_id: UUID, email_id: UUID
) -> SentEmail:
    """Return a mail of the owner's booking; raises EmailNotFound."""
    row = await connection.fetchrow(FIND, owner_id, booking_id, email_id, WITHIN)
    if row is None:
        raise EmailNotFound
    return SentEmail(
        first_id=row["first_id"],
        kind=Kind(row["kind"]),
        facts=row["facts"] or {},
        resends=row["resends"],
        resent_at=row["recent"] or [],
    )


def _line(row: asyncpg.Record) -> EmailLine:
    fields = LINE.fields(row)
    return EmailLine(**fields | {"kind": Kind(row["kind"]), "status": Status(row["status"])})
