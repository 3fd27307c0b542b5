"""Free a reservation."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.store import reservations
from linktime_common import faults


async def free_reservation(reservation_id: UUID, deps: Deps) -> None:
    """Idempotent; an unknown id becomes a tombstone, so that a late reserve is refused."""
    async with deps.database.connection() as connection:
        await reservations.free(connection, reservation_id)
    faults.reach("free.committed")
