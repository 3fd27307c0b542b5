"""What is removed from bookings and mails when a host erases a person; times and states stay."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Connection
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME

LOCK = """
    SELECT id, invitee_email
      FROM bookings
     WHERE host_id = $1
       AND (id = ANY ($2)
            OR (email_key(invitee_email) = ANY ($3) AND created_at <= $4))
     ORDER BY id
       FOR NO KEY UPDATE
"""

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

# As when the retention of a mail ends; nothing is left of the invitee's address.
EMPTY_MAILS = """
    UPDATE email_messages
       SET recipient = CASE WHEN email_key(recipient) = ANY ($3) THEN $5
                            ELSE left(recipient, 1) || '…' || substring(recipient FROM '@[^@]*$')
                       END,
           recipient_name = NULL,
           facts = NULL,
           content = NULL,
           error = CASE WHEN error LIKE '%@%' THEN NULL ELSE error END,
           status = CASE WHEN status IN ('QUEUED', 'SENDING', 'DEFERRED')
                         THEN 'SUPPRESSED' ELSE status END
     WHERE owner_id = $1
       AND (booking_id = ANY ($2)
            OR (email_key(recipient) = ANY ($3) AND created_at <= $4))
       AND (facts IS NOT NULL OR content IS NOT NULL OR email_key(recipient) = ANY ($3))
"""

# The counts are of an address, not of a host; without them one more day's mails are possible.
DELETE_COUNTS = "DELETE FROM email_counts WHERE key = ANY ($1)"


async def empty(connection: Connection, person: ErasedPerson) -> list[UUID]:
    """Remove the person from bookings and their mails; return the ids of the bookings."""
    owner_id, at = person.owner_id, person.requested_at
    rows = await connection.fetch(LOCK, owner_id, list(person.ids), list(person.emails), at)
    ids = [row["id"] for row in rows]
    emails = _with_addresses_of_bookings(person.emails, [row["invitee_email"] for row in rows])
    await connection.execute(EMPTY_BOOKINGS, ERASED_NAME, ERASED_EMAIL, owner_id, ids, at)
    await connection.execute(EMPTY_HISTORY, owner_id, ids)
    await connection.execute(EMPTY_MAILS, owner_id, ids, emails, at, ERASED_EMAIL)
    await connection.execute(DELETE_COUNTS, [f"invitee {email}" for email in emails])
    return ids


def _with_addresses_of_bookings(emails: Sequence[str], booked: Sequence[str]) -> list[str]:
    """Return the keys of all addresses: a contact's e-mail may have changed since a booking."""
    keys = {*emails, *map(lowercase_key, booked)}
    return sorted(keys - {lowercase_key(ERASED_EMAIL)})
