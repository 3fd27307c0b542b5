"""Settle holds past their time: what a booking uses is confirmed, the rest is given back."""

import asyncio
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.store import fates
from linktime_bookings.store.fates import Fate
from linktime_common.errors import Unavailable
from linktime_common.faults import reach
from linktime_common.logs import logger

MOST_PAGES = 20
AT_ONCE = 4
# A creation in the middle of its commit holds the row; if that takes longer, the next round asks.
DECIDE_SECONDS = 2.0


async def sweep_holds(deps: Deps) -> None:
    """Decide and carry out the fate of every expired hold; any number may sweep at once.

    Raises Unavailable or Answered when availability does not list them.
    """
    seen: set[UUID] = set()
    gate = asyncio.Semaphore(AT_ONCE)
    for _ in range(MOST_PAGES):
        listed = {hold.reservation_id for hold in await deps.availability.expired()} - seen
        if not listed:
            return
        seen |= listed
        await asyncio.gather(*(_settle(reservation_id, deps, gate) for reservation_id in listed))


async def _settle(reservation_id: UUID, deps: Deps, gate: asyncio.Semaphore) -> None:
    async with gate:
        try:
            async with deps.database.connection() as connection:
                fate = await fates.abandon(connection, reservation_id, timeout=DECIDE_SECONDS)
        except Unavailable as error:
            logger().warning("hold not settled", reservation_id=str(reservation_id), reason=error)
            return
        reach("sweeper.fated")
        if fate is Fate.USED:
            await deps.availability.confirm(reservation_id)
        else:
            await deps.availability.free(reservation_id)
