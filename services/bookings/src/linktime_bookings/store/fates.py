"""The `reservation_fates` table: the first to write decides the fate of a reservation."""

from enum import StrEnum
from uuid import UUID

from linktime_bookings.domain.errors import HoldReleased
from linktime_common.postgres import Connection

USE = """
    INSERT INTO reservation_fates (reservation_id, fate)
    VALUES ($1, 'used')
    ON CONFLICT (reservation_id) DO NOTHING
"""

# The update changes nothing; it makes RETURNING return the existing row.
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
    """Set the fate *used*; raises HoldReleased when the fate is decided already."""
    if await connection.execute(USE, reservation_id) == "INSERT 0 0":
        raise HoldReleased(str(reservation_id))


async def abandon(
    connection: Connection, reservation_id: UUID, *, timeout: float | None = None
) -> Fate:
    """Set the fate *abandoned* unless it is decided already; return the fate.

    Waits for a transaction that is deciding; raises TimeoutError after `timeout` seconds.
    """
    return Fate(await connection.fetchval(ABANDON, reservation_id, timeout=timeout))
