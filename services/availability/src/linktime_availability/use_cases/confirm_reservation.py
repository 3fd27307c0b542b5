"""Confirm a held reservation."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import ReservationFreed, ReservationNotFound
from linktime_availability.store import reservations
from linktime_common import faults


async def confirm_reservation(reservation_id: UUID, deps: Deps) -> None:
    """Idempotent; raises ReservationNotFound, ReservationFreed."""
    async with deps.database.connection() as connection:
        if not await reservations.confirm(connection, reservation_id):
            known = await reservations.find(connection, reservation_id)
            if known is None:
                raise ReservationNotFound(reservation=str(reservation_id))
            if known.freed:
                raise ReservationFreed(reservation=str(reservation_id))
    faults.reach("confirm.committed")
