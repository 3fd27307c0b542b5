"""The bookings of one event type that have not ended, by invitee."""

from datetime import datetime
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

# Bookings of one invitee are written one after the other; each counts those before.
LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('bookings.invitee ' || $1::uuid || $2::text, 0))
"""

# Of the invitee's bookings with the host, those that ended long ago are not read: a booking lasts a
# day at most.
COUNT = """
    SELECT count(*)
      FROM bookings
     WHERE host_id = $1
       AND email_key(invitee_email) = $2
       AND starts_at >= $3::timestamptz - interval '1 day'
       AND ends_at > $3
       AND event_type_id = $4
       AND status = $5
"""


async def lock_and_count(
    connection: Connection, *, host_id: UUID, event_type_id: UUID, email: str, now: datetime
) -> int:
    """Count the invitee's bookings of the event type that have not ended.

    No other one is written until the transaction ends. The address counts in any letter case.
    """
    invitee = lowercase_key(email)
    await connection.execute(LOCK, event_type_id, invitee)
    active: int = await connection.fetchval(
        COUNT, host_id, invitee, now, event_type_id, BookingStatus.CONFIRMED
    )
    return active
