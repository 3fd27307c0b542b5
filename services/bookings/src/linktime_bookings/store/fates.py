"""The `reservation_fates` table: whoever writes first decides what becomes of a reservation."""

from enum import StrEnum
from uuid import UUID

from linktime_bookings.domain.errors import HoldGivenAway
from linktime_common.postgres import Connection

USE = """
    INSERT INTO reservation_fates (reservation_id, fate)
    VALUES ($1, 'used')
    ON CONFLICT (reservation_id) DO NOTHING
"""

# The update changes nothing; it makes the row that decides come back, whoever wrote it.
ABANDON = """
    INSERT INTO reservation_fates AS known (reservation_id, fate)
    VALUES ($1, 'abandoned')
    ON CONFLICT (reservation_id) DO UPDATE SET fate = known.fate
    RETURNING fate
"""


class Fate(StrEnum):
    USED = "used"
    ABANDONED = "abandoned"


async def use(connection: Connection, reservation_id: UUID) -> None:
    """Make the reservation a booking's; raises HoldGivenAway when its fate was decided before."""
    if await connection.execute(USE, reservation_id) == "INSERT 0 0":
        raise HoldGivenAway(str(reservation_id))


async def abandon(
    connection: Connection, reservation_id: UUID, *, timeout: float | None = None
) -> Fate:
    """Give the reservation up unless its fate is decided; returns what holds.

    Waits for a transaction that is about to decide, up to `timeout` seconds: TimeoutError.
    """
    return Fate(await connection.fetchval(ABANDON, reservation_id, timeout=timeout))
