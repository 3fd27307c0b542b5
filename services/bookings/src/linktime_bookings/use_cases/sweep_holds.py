"""Settle expired holds: confirm those that a booking uses, free the others."""

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
# How long to wait for a creation that is committing; if it takes longer, the next run retries.
DECIDE_SECONDS = 2.0


async def sweep_holds(deps: Deps) -> None:
    """Decide the fate of every expired hold, and confirm or free it; safe to run concurrently.

    Raises Unavailable or Answered when availability does not list the holds.
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
