"""Which mails no longer apply: a change of the booking or a later mail replaces them."""

from collections.abc import Sequence
from uuid import UUID

from linktime_bookings.domain.emails import REPLACED_BY, Kind
from linktime_common.postgres import Connection

NOT_CONFIRMED = "the booking was cancelled or moved"
SUPERSEDED = "superseded"
NOT_WANTED = "the invitee wants no reminders"

# Asked when a mail is leased for the first time, and again before it is sent: reminders of a time
# that no longer applies or that the invitee does not want, and mails about a time with a later mail
# to the same person, tried before or not, also if a stopped worker may have sent them. A later one
# that failed or was suppressed says nothing. The owner is the same person whatever the address,
# which may have changed since.
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
       AND EXISTS (
           SELECT FROM unnest($5::text[], $6::text[], $7::boolean[])
                    AS replaced (kind, newer_kind, to_invitee),
                  email_messages AS newer
            WHERE replaced.kind = email.kind
              AND newer.kind = replaced.newer_kind
              AND newer.booking_id = email.booking_id
              AND newer.owner_id = email.owner_id
              AND (newer.recipient = email.recipient OR NOT replaced.to_invitee)
              AND newer.sequence > email.sequence
              AND newer.status NOT IN ('FAILED', 'SUPPRESSED')
           )
     UNION ALL
    SELECT email.id, $8
      FROM email_messages AS email
      JOIN bookings ON bookings.id = email.booking_id AND bookings.host_id = email.owner_id
     WHERE email.id = ANY ($1::uuid[])
       AND email.kind = $2
       AND NOT bookings.reminders_wanted
"""

# Not one that is leased: OUTDATED decides before it is sent.
SUPPRESS_REMINDERS = """
    UPDATE email_messages
       SET status = 'SUPPRESSED', error = $4
     WHERE owner_id = $1
       AND booking_id = $2
       AND kind = $3
       AND status IN ('QUEUED', 'DEFERRED')
       AND (leased_until IS NULL OR leased_until <= now())
"""


async def find_outdated(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the mails that must not be sent any more, with the reason."""
    pairs = [
        (kind, newer, kind.for_invitee) for kind, later in REPLACED_BY.items() for newer in later
    ]
    rows = await connection.fetch(
        OUTDATED,
        ids,
        Kind.REMINDER,
        NOT_CONFIRMED,
        SUPERSEDED,
        *zip(*pairs, strict=True),
        NOT_WANTED,
    )
    return {row["id"]: row["reason"] for row in rows}


async def suppress_reminders(connection: Connection, *, owner_id: UUID, booking_id: UUID) -> None:
    """Suppress the queued reminders of a booking, whose invitee wants none."""
    await connection.execute(SUPPRESS_REMINDERS, owner_id, booking_id, Kind.REMINDER, NOT_WANTED)
