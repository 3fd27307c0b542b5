"""The `booking_history` table."""

from uuid import UUID

from linktime_bookings.domain.booking import Booking, Change, HistoryLine
from linktime_common.postgres import Connection

MOST_LINES = 200

ADD = """
    INSERT INTO booking_history
           (booking_id, version, type, at, by, reason, from_starts_at, to_starts_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

OF_BOOKING = """
    SELECT type, at, by, reason, from_starts_at, to_starts_at
      FROM booking_history
     WHERE booking_id = (SELECT id FROM bookings WHERE host_id = $1 AND id = $2)
     ORDER BY version DESC
     LIMIT $3
"""


async def add(connection: Connection, booking: Booking, line: HistoryLine) -> None:
    """Write what brought the booking to its present version."""
    await connection.execute(
        ADD,
        booking.id,
        booking.version,
        line.type,
        line.at,
        line.by,
        line.reason,
        line.from_starts_at,
        line.to_starts_at,
    )


async def of_booking(
    connection: Connection, *, host_id: UUID, booking_id: UUID
) -> list[HistoryLine]:
    """The newest MOST_LINES changes of the host's booking, oldest first."""
    rows = await connection.fetch(OF_BOOKING, host_id, booking_id, MOST_LINES)
    return [HistoryLine(**{**row, "type": Change(row["type"])}) for row in reversed(rows)]
