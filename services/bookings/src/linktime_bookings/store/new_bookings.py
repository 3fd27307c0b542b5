"""Insert a booking, its fate, history and event by one statement."""

import asyncpg

from linktime_bookings.domain.booking import Booking, HistoryLine
from linktime_bookings.domain.errors import HoldReleased, SlotTaken
from linktime_bookings.store.bookings import HOST_TIME, INSERT
from linktime_bookings.store.rows import COLUMNS, values_of
from linktime_common.contracts.events.bookings import BookingCreated
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection

FATE_DECIDED = "reservation_fates_pkey"

_LAST = len(COLUMNS)

# Inserts nothing when the time is taken, and is rolled back when the fate is decided already. Both
# checks wait for a concurrent transaction that is deciding.
RECORD = f"""
    WITH booked AS (
        {INSERT}
        RETURNING id, version, reservation_id
    ),
    used AS (
        INSERT INTO reservation_fates (reservation_id, fate)
        SELECT reservation_id, 'used' FROM booked
    ),
    history AS (
        INSERT INTO booking_history (booking_id, version, type, at, by)
        SELECT id, version, ${_LAST + 1}::text, ${_LAST + 2}::timestamptz, ${_LAST + 3}::text
          FROM booked
    ),
    event AS (
        INSERT INTO outbox ({outbox.COLUMNS})
        SELECT {outbox.COLUMNS.typed_placeholders(outbox.TYPES, first=_LAST + 4)} FROM booked
    )
    SELECT true FROM booked
"""  # noqa: S608 - the parts are constants


async def record(
    connection: Connection, booking: Booking, line: HistoryLine, event: BookingCreated
) -> None:
    """Insert the booking, its reservation's fate, its history and its event.

    Raises SlotTaken, HoldReleased.
    """
    try:
        is_booked = await connection.fetchval(
            RECORD,
            *values_of(booking),
            line.type,
            line.at,
            line.by,
            *outbox.values_of(event),
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != FATE_DECIDED:
            raise
        raise HoldReleased(str(booking.reservation_id)) from error
    if not is_booked:
        raise SlotTaken(rule=HOST_TIME, starts_at=booking.starts_at)
