"""The `booking_history` table."""

from uuid import UUID

from linktime_bookings.domain.booking import Booking, Change, HistoryLine
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

MOST_LINES = 200

LINE = Columns("type", "at", "by", "reason", "from_starts_at", "to_starts_at", "ignored_rules")

ADD = f"""
    INSERT INTO booking_history (booking_id, version, {LINE})
    VALUES ($1, $2, {LINE.placeholders(first=3)})
"""  # noqa: S608 - the columns are a constant

OF_BOOKING = f"""
    SELECT {LINE}
      FROM booking_history
     WHERE booking_id = (SELECT id FROM bookings WHERE host_id = $1 AND id = $2)
     ORDER BY version DESC
     LIMIT $3
"""  # noqa: S608 - the columns are a constant


async def add(connection: Connection, booking: Booking, line: HistoryLine) -> None:
    """Insert the change that led to the booking's version."""
    await connection.execute(ADD, booking.id, booking.version, *LINE.values(line))


async def of_booking(
    connection: Connection, *, host_id: UUID, booking_id: UUID
) -> list[HistoryLine]:
    """Return the newest MOST_LINES changes of the host's booking, oldest first."""
    rows = await connection.fetch(OF_BOOKING, host_id, booking_id, MOST_LINES)
    return [HistoryLine(**{**row, "type": Change(row["type"])}) for row in reversed(rows)]
