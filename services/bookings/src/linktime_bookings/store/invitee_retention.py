"""What is removed from bookings when the retention of invitees ends; times and states stay."""

from datetime import timedelta

from linktime_bookings.store.erasure import EMPTY_INVITEE
from linktime_common.postgres import Connection
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME

# Of all hosts.
EMPTY = f"""
    WITH emptied AS (
        UPDATE bookings
           SET {EMPTY_INVITEE}
         WHERE id IN (
               SELECT id
                 FROM bookings
                WHERE ends_at < now() - $3::interval
                  AND invitee_email <> $2
                LIMIT $4
                  FOR NO KEY UPDATE SKIP LOCKED
               )
        RETURNING id
    ), reasons AS (
        UPDATE booking_history
           SET reason = NULL
         WHERE booking_id IN (SELECT id FROM emptied)
           AND reason IS NOT NULL
    )
    SELECT count(*) FROM emptied
"""  # noqa: S608 - the assignments are a constant


async def empty(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Empty up to `limit` bookings that ended longer ago than that; return how many."""
    return int(
        await connection.fetchval(EMPTY, ERASED_NAME, ERASED_EMAIL, older_than, limit, timeout=60)
    )
