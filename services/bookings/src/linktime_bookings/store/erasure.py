"""What is removed from bookings and mails when a host erases a person; times and states stay."""

from collections.abc import Sequence
from uuid import UUID

from linktime_bookings.domain.emails import Kind
from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Connection, Database
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME

MOST_AT_ONCE = 500

FIND = """
    SELECT id
      FROM bookings
     WHERE host_id = $1
       AND id = ANY ($2)
     UNION
    SELECT id
      FROM bookings
     WHERE host_id = $1
       AND email_key(invitee_email) = ANY ($3)
       AND created_at <= $4
     ORDER BY id
"""

# In one order, so that two erasures cannot deadlock.
LOCK = "SELECT FROM bookings WHERE host_id = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE"

EMPTY_INVITEE = """
           invitee_name = $1,
           invitee_email = $2,
           invitee_timezone = 'UTC',
           invitee_phone = NULL,
           invitee_locale = NULL,
           notes = NULL,
           answers = '[]',
           cancellation_reason = NULL
"""

# Repeats remove what was written in between, and leave the time of the first one.
EMPTY_BOOKINGS = f"""
    UPDATE bookings
       SET updated_at = CASE WHEN invitee_email = $2 THEN updated_at
                             ELSE greatest(updated_at, $5) END,
           {EMPTY_INVITEE}
     WHERE host_id = $3
       AND id = ANY ($4)
"""  # noqa: S608 - the assignments are a constant

EMPTY_HISTORY = """
    UPDATE booking_history
       SET reason = NULL
     WHERE booking_id IN (SELECT id FROM bookings WHERE host_id = $1 AND id = ANY ($2))
       AND reason IS NOT NULL
"""

# As when the retention of a mail ends; of a mail to the invitee not even the masked address stays.
EMPTY_MAILS = """
    UPDATE email_messages
       SET recipient = CASE WHEN kind = ANY ($3) THEN $4
                            ELSE left(recipient, 1) || '…' || substring(recipient FROM '@[^@]*$')
                       END,
           recipient_name = NULL,
           facts = NULL,
           content = NULL,
           error = CASE WHEN error LIKE '%@%' THEN NULL ELSE error END,
           status = CASE WHEN status IN ('QUEUED', 'SENDING', 'DEFERRED')
                         THEN 'SUPPRESSED' ELSE status END
     WHERE owner_id = $1
       AND booking_id = ANY ($2)
       AND (facts IS NOT NULL
            OR content IS NOT NULL
            OR (kind = ANY ($3) AND recipient <> $4))
"""


async def erase(database: Database, person: ErasedPerson) -> Sequence[UUID]:
    """Remove the person from bookings and their mails; return the ids of the bookings."""
    async with database.connection() as connection:
        found = await connection.fetch(
            FIND, person.owner_id, person.ids, person.emails, person.requested_at
        )
    ids = [row["id"] for row in found]
    for first in range(0, len(ids), MOST_AT_ONCE):
        async with database.transaction() as connection:
            await _empty(connection, person, ids[first : first + MOST_AT_ONCE])
    return ids


async def _empty(connection: Connection, person: ErasedPerson, ids: Sequence[UUID]) -> None:
    owner_id, at = person.owner_id, person.requested_at
    to_invitee = [kind for kind in Kind if kind.for_invitee]
    await connection.execute(LOCK, owner_id, ids)
    await connection.execute(EMPTY_BOOKINGS, ERASED_NAME, ERASED_EMAIL, owner_id, ids, at)
    await connection.execute(EMPTY_HISTORY, owner_id, ids)
    await connection.execute(EMPTY_MAILS, owner_id, ids, to_invitee, ERASED_EMAIL)
