"""Single rows of the `bookings` table."""

from uuid import UUID

import asyncpg

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import BookingChanged, BookingNotFound, SlotTaken
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.columns import Columns
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

HOST_TIME = "bookings_host_time_is_free"

FIND = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

LOCK = f"{FIND} FOR UPDATE"

# ON CONFLICT waits for a concurrent insert; without it two inserts could deadlock.
INSERT = f"""
    INSERT INTO bookings ({COLUMNS})
    VALUES ({COLUMNS.placeholders()})
    ON CONFLICT ON CONSTRAINT {HOST_TIME} DO NOTHING
"""  # noqa: S608 - the columns are a constant

CANCELLATION = Columns(
    "version", "sequence", "status", "updated_at", "cancelled_at", "cancellation_reason"
)

SAVE_CANCELLATION = f"""
    UPDATE bookings
       SET {CANCELLATION.assignments(first=3)}
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

# Two concurrent updates to overlapping times would deadlock on the exclusion constraint.
SERIALIZE_MOVES = "SELECT pg_advisory_xact_lock(hashtextextended('bookings.move ' || $1::uuid, 0))"

MOVE = Columns(
    "version",
    "sequence",
    "starts_at",
    "ends_at",
    "buffer_before",
    "buffer_after",
    "change_notice_minutes",
    "reminder_minutes",
    "reservation_id",
    "updated_at",
)

SAVE_MOVE = f"""
    UPDATE bookings
       SET {MOVE.assignments(first=5)}
     WHERE host_id = $1
       AND id = $2
       AND version = $3
       AND status = $4
"""  # noqa: S608 - the columns are a constant

# Of a booking with unknown minutes, those of its reminders, which are then deleted.
SAVE_REMINDERS_WANTED = """
    UPDATE bookings
       SET reminders_wanted = $3,
           reminder_minutes = coalesce(
               reminder_minutes,
               ARRAY(SELECT minutes_before FROM reminders WHERE booking_id = bookings.id)
           )
     WHERE host_id = $1
       AND id = $2
"""


async def find(connection: Connection, *, host_id: UUID, booking_id: UUID) -> Booking:
    """Return the host's booking; raises BookingNotFound."""
    return _one(await connection.fetchrow(FIND, host_id, booking_id))


async def lock(connection: Connection, *, host_id: UUID, booking_id: UUID) -> Booking:
    """Return the host's booking and lock its row until the transaction ends.

    Raises BookingNotFound.
    """
    return _one(await connection.fetchrow(LOCK, host_id, booking_id))


async def save_cancellation(connection: Connection, booking: Booking) -> None:
    """Write the cancellation; the row must be locked."""
    await connection.execute(
        SAVE_CANCELLATION, booking.host.id, booking.id, *CANCELLATION.values(booking)
    )


async def save_move(connection: Connection, before: Booking, after: Booking) -> None:
    """Write the move.

    Raises BookingChanged unless the row equals `before`, SlotTaken when the host has a confirmed
    booking at the new time.
    """
    await connection.execute(SERIALIZE_MOVES, after.host.id)
    try:
        done = await connection.execute(
            SAVE_MOVE,
            before.host.id,
            before.id,
            before.version,
            BookingStatus.CONFIRMED,
            *MOVE.values(after),
        )
    except asyncpg.ExclusionViolationError as error:
        if error.constraint_name != HOST_TIME:
            raise
        raise SlotTaken(rule=HOST_TIME, starts_at=after.starts_at) from error
    if done == "UPDATE 0":
        raise BookingChanged(booking_id=before.id)


async def save_reminders_wanted(connection: Connection, booking: Booking) -> None:
    """Write whether the invitee wants reminders; the row must be locked."""
    await connection.execute(
        SAVE_REMINDERS_WANTED, booking.host.id, booking.id, booking.reminders_wanted
    )


def _one(row: asyncpg.Record | None) -> Booking:
    if row is None:
        raise BookingNotFound
    return booking_of(row)
