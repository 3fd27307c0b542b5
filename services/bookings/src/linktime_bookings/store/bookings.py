"""The `bookings` table, one booking at a time."""

from uuid import UUID

import asyncpg

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import BookingChanged, BookingNotFound, SlotTaken
from linktime_bookings.store.rows import COLUMNS, booking_of
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

# ON CONFLICT waits for a concurrent insert and then yields; without it two could deadlock.
INSERT = f"""
    INSERT INTO bookings ({COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
    ON CONFLICT ON CONSTRAINT {HOST_TIME} DO NOTHING
"""  # noqa: S608 - the columns are a constant

SAVE_CANCELLATION = """
    UPDATE bookings
       SET version = $3, sequence = $4, status = $5, updated_at = $6, cancelled_at = $7,
           cancellation_reason = $8
     WHERE host_id = $1
       AND id = $2
"""

# Two updates into overlapping times would deadlock on the exclusion constraint.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('bookings.move ' || $1::uuid, 0))"

SAVE_MOVE = """
    UPDATE bookings
       SET version = $5, sequence = $6, starts_at = $7, ends_at = $8, buffer_before = $9,
           buffer_after = $10, reservation_id = $11, updated_at = $12
     WHERE host_id = $1
       AND id = $2
       AND version = $3
       AND status = $4
"""


async def find(connection: Connection, *, host_id: UUID, booking_id: UUID) -> Booking:
    """The host's booking; raises BookingNotFound."""
    return _one(await connection.fetchrow(FIND, host_id, booking_id))


async def lock(connection: Connection, *, host_id: UUID, booking_id: UUID) -> Booking:
    """The host's booking, nobody else's to change until the transaction ends.

    Raises BookingNotFound.
    """
    return _one(await connection.fetchrow(LOCK, host_id, booking_id))


async def save_cancellation(connection: Connection, booking: Booking) -> None:
    """Write what cancelling changed; the row is locked."""
    await connection.execute(
        SAVE_CANCELLATION,
        booking.host.id,
        booking.id,
        booking.version,
        booking.sequence,
        booking.status,
        booking.updated_at,
        booking.cancelled_at,
        booking.cancellation_reason,
    )


async def save_move(connection: Connection, before: Booking, after: Booking) -> None:
    """Write what moving changed.

    Raises BookingChanged unless the row is as in `before`, SlotTaken when the host has a live
    booking at the new time.
    """
    await connection.execute(TAKE_TURN, after.host.id)
    try:
        done = await connection.execute(
            SAVE_MOVE,
            before.host.id,
            before.id,
            before.version,
            BookingStatus.CONFIRMED,
            after.version,
            after.sequence,
            after.starts_at,
            after.ends_at,
            after.buffer_before,
            after.buffer_after,
            after.reservation_id,
            after.updated_at,
        )
    except asyncpg.ExclusionViolationError as error:
        if error.constraint_name != HOST_TIME:
            raise
        raise SlotTaken(rule=HOST_TIME, starts_at=after.starts_at) from error
    if done == "UPDATE 0":
        raise BookingChanged(booking_id=before.id)


def _one(row: asyncpg.Record | None) -> Booking:
    if row is None:
        raise BookingNotFound
    return booking_of(row)
