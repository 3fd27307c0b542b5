"""Leased mails: which of them no longer apply, and how unsent ones are given back."""

from collections.abc import Sequence
from uuid import UUID

from linktime_bookings.domain.emails import Kind
from linktime_common.postgres import Connection

NOT_CONFIRMED = "the booking was cancelled or moved"
SUPERSEDED = "superseded"

# A later mail about a new time or a cancellation says everything that the earlier one would have
# said to the same person. One that failed or was suppressed says nothing.
OF_A_TIME = [
    Kind.CONFIRMATION,
    Kind.RESCHEDULED,
    Kind.HOST_BOOKED,
    Kind.HOST_RESCHEDULED,
]
NEWER = [
    Kind.RESCHEDULED,
    Kind.CANCELLED,
    Kind.HOST_RESCHEDULED,
    Kind.HOST_CANCELLED,
]

# Asked of leased mails: reminders of a time that no longer applies, and mails about a time with a
# later mail to the same person, tried before or not, also if a stopped worker may have sent them.
OUTDATED = """
    SELECT email.id, $3 AS reason
      FROM email_messages AS email
     WHERE email.id = ANY ($1::uuid[])
       AND email.kind = $2
       AND NOT EXISTS (
           SELECT FROM bookings
            WHERE bookings.id = email.booking_id
              AND bookings.host_id = email.owner_id
              AND bookings.status = 'CONFIRMED'
              AND bookings.sequence = email.sequence
           )
     UNION ALL
    SELECT email.id, $4
      FROM email_messages AS email
     WHERE email.id = ANY ($1::uuid[])
       AND email.kind = ANY ($5::text[])
       AND EXISTS (
           SELECT FROM email_messages AS newer
            WHERE newer.booking_id = email.booking_id
              AND newer.owner_id = email.owner_id
              AND newer.recipient = email.recipient
              AND newer.sequence > email.sequence
              AND newer.kind = ANY ($6::text[])
              AND starts_with(newer.kind, 'host_') = starts_with(email.kind, 'host_')
              AND newer.status NOT IN ('FAILED', 'SUPPRESSED')
           )
"""

# The first lease of a mail is counted against limits, so at least one attempt remains.
GIVE_BACK = """
    UPDATE email_messages
       SET status = 'QUEUED', leased_until = NULL, attempts = greatest(attempts - 1, 1)
     WHERE id = ANY ($1::uuid[])
       AND status IN ('QUEUED', 'DEFERRED', 'SENDING')
"""


async def outdated(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the mails that must not be sent any more, with the reason."""
    rows = await connection.fetch(
        OUTDATED, ids, Kind.REMINDER, NOT_CONFIRMED, SUPERSEDED, OF_A_TIME, NEWER
    )
    return {row["id"]: row["reason"] for row in rows}


async def give_back(connection: Connection, ids: Sequence[UUID]) -> None:
    """End the leases of mails that were not sent; they are due at once."""
    await connection.execute(GIVE_BACK, ids)
