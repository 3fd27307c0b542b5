"""The bookings of one event type that have not ended, by invitee."""

from datetime import datetime
from uuid import UUID

from linktime_common.caseless import caseless
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

# Bookings of one invitee are written one after the other; each counts those before.
LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('bookings.invitee ' || $1::uuid || $2::text, 0))
"""

# A booking lasts a day at most; with it the index by start is used.
LIST = """
    SELECT invitee_email
      FROM bookings
     WHERE host_id = $1
       AND status = $2
       AND starts_at >= $3::timestamptz - interval '1 day'
       AND ends_at > $3
       AND event_type_id = $4
"""


async def lock_and_count(
    connection: Connection, *, host_id: UUID, event_type_id: UUID, email: str, now: datetime
) -> int:
    """Count the invitee's bookings of the event type that have not ended.

    No other one is written until the transaction ends. The address counts in any letter case.
    """
    invitee = caseless(email)
    await connection.execute(LOCK, event_type_id, invitee)
    # Compared here, as the database's lower() depends on its locale.
    rows = await connection.fetch(LIST, host_id, BookingStatus.CONFIRMED, now, event_type_id)
    return sum(caseless(row["invitee_email"]) == invitee for row in rows)
