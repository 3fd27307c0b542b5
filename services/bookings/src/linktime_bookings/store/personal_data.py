"""What is stored of an invitee: bookings, reasons of their changes, mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.emails import Kind
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

MOST_BOOKINGS = 500
MOST_MAILS = 1000

BOOKINGS = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE host_id = $1
       AND id IN (SELECT id
                    FROM bookings
                   WHERE host_id = $1
                     AND email_key(invitee_email) = ANY ($2)
                   UNION
                  SELECT id
                    FROM bookings
                   WHERE host_id = $1
                     AND id = ANY ($4))
     ORDER BY starts_at DESC, id
     LIMIT $3
"""  # noqa: S608 - the columns are a constant

CHANGE = Columns("booking_id", "type", "at", "by", "reason")

CHANGES = f"""
    SELECT {CHANGE}
      FROM booking_history
     WHERE booking_id IN (SELECT id FROM bookings WHERE host_id = $1 AND id = ANY ($2))
       AND reason IS NOT NULL
     ORDER BY at DESC, booking_id
"""  # noqa: S608 - the columns are a constant

MAIL = Columns("booking_id", "kind", "recipient", "recipient_name", "status", "created_at")

MAILS = f"""
    SELECT {MAIL}
      FROM email_messages
     WHERE owner_id = $1
       AND booking_id = ANY ($2)
       AND kind = ANY ($3)
     ORDER BY created_at DESC, id
     LIMIT $4
"""  # noqa: S608 - the columns are a constant


@dataclass(frozen=True, kw_only=True)
class ReasonedChange:
    """A change of a booking for which somebody gave a reason."""

    booking_id: UUID
    type: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class InviteeMail:
    """A mail to the invitee."""

    booking_id: UUID
    kind: str
    recipient: str
    recipient_name: str | None
    status: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class InviteeData:
    """Everything of an invitee, newest first."""

    bookings: list[Booking]
    changes: list[ReasonedChange]
    mails: list[InviteeMail]

    @property
    def has_more(self) -> bool:
        """Whether one of the lists is as long as it may be."""
        return len(self.bookings) >= MOST_BOOKINGS or len(self.mails) >= MOST_MAILS


async def find(
    connection: Connection, *, host_id: UUID, emails: Sequence[str], ids: Sequence[UUID]
) -> InviteeData:
    """Return what is stored of the invitee with these addresses, given as keys, or bookings."""
    to_invitee = [kind for kind in Kind if kind.for_invitee]
    booked = await connection.fetch(BOOKINGS, host_id, emails, MOST_BOOKINGS, ids)
    found = [row["id"] for row in booked]
    changes = await connection.fetch(CHANGES, host_id, found)
    mails = await connection.fetch(MAILS, host_id, found, to_invitee, MOST_MAILS)
    return InviteeData(
        bookings=[booking_of(row) for row in booked],
        changes=[ReasonedChange(**row) for row in changes],
        mails=[InviteeMail(**row) for row in mails],
    )
