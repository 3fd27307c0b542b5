"""The `reminders` table: reminders of confirmed bookings, until they become mails.

Nothing reads the column `status`; it is kept while processes that read it can run.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.reminders import Reminder
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.columns import ArrayColumns, Columns
from linktime_common.postgres import Connection

REMINDER = ArrayColumns(
    booking_id="uuid", sequence="integer", minutes_before="integer", due_at="timestamptz"
)
KEY = Columns("booking_id", "sequence", "minutes_before")

# The choice of the row, which the transaction has locked: it may be newer than the booking that was
# read before.
ADD = f"""
    INSERT INTO reminders ({REMINDER})
    SELECT new.*
      FROM unnest({REMINDER.arrays()}) AS new ({REMINDER})
      JOIN bookings ON bookings.id = new.booking_id
     WHERE bookings.reminders_wanted
"""  # noqa: S608 - the columns are a constant

REMOVE_OF_BOOKING = "DELETE FROM reminders WHERE booking_id = $1"

LOCK_DUE = f"""
    SELECT due.sequence AS reminder_sequence, due.minutes_before, due.due_at,
           {COLUMNS.qualified("bookings")}
      FROM (SELECT {REMINDER}
              FROM reminders
             WHERE due_at <= now()
             ORDER BY due_at
             LIMIT $1
               FOR UPDATE SKIP LOCKED) AS due
      JOIN bookings ON bookings.id = due.booking_id
     ORDER BY due.due_at
"""  # noqa: S608 - the columns are a constant

REMOVE = f"""
    DELETE FROM reminders
     USING unnest($1::uuid[], $2::integer[], $3::integer[]) AS done ({KEY})
     WHERE ({KEY.qualified("reminders")}) = ({KEY.qualified("done")})
"""  # noqa: S608 - the columns are a constant


class DueReminder(NamedTuple):
    """A due reminder, its row locked, with the booking as it is."""

    reminder: Reminder
    booking: Booking


async def add(connection: Connection, reminders: Sequence[Reminder]) -> None:
    """Write the reminders of a booking whose row is locked, if its invitee wants any."""
    if reminders:
        await connection.execute(ADD, *arrays_of(reminders))


def arrays_of(reminders: Sequence[Reminder]) -> list[list[Any]]:
    """Return the values of REMINDER, for a statement that writes reminders with their fact."""
    values = [REMINDER.values(reminder) for reminder in reminders]
    return [[row[position] for row in values] for position in range(len(REMINDER))]


async def remove_of_booking(connection: Connection, booking_id: UUID) -> None:
    """Delete the reminders of a booking: they are no longer right, or not wanted."""
    await connection.execute(REMOVE_OF_BOOKING, booking_id)


async def lock_due(connection: Connection, *, limit: int) -> list[DueReminder]:
    """Return due reminders that no other transaction has locked, with their bookings."""
    return [_due(row) for row in await connection.fetch(LOCK_DUE, limit)]


async def remove(connection: Connection, done: Sequence[Reminder]) -> None:
    """Delete locked reminders, which became mails or are no longer right."""
    keys = zip(*map(KEY.values, done), strict=True)
    await connection.execute(REMOVE, *map(list, keys))


def _due(row: asyncpg.Record) -> DueReminder:
    reminder = Reminder(
        booking_id=row["id"],
        sequence=row["reminder_sequence"],
        minutes_before=row["minutes_before"],
        due_at=row["due_at"],
    )
    return DueReminder(reminder, booking_of(row))
