"""The workers that look for what is left to do: holds past their time, hosts who have left."""

import asyncio

from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.cancel_upcoming_bookings import cancel_upcoming_bookings
from linktime_bookings.use_cases.sweep_holds import sweep_holds
from linktime_common.endless import repeat, wait
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered
from linktime_common.logs import logger


async def keep_sweeping(deps: Deps, *, interval_seconds: float) -> None:
    """Sweep until cancelled; while availability is away its holds stay."""
    while True:
        try:
            await sweep_holds(deps)
        except (Unavailable, Answered) as error:
            logger().warning("expired holds not listed", reason=error)
        await asyncio.sleep(interval_seconds)


async def keep_cancelling(deps: Deps, host_left: asyncio.Event, *, interval_seconds: float) -> None:
    """Cancel until cancelled: at once when `host_left` is set, else what another left undone."""

    async def once() -> None:
        host_left.clear()
        await cancel_upcoming_bookings(deps)
        await wait(host_left, interval_seconds)

    await repeat("cancelling the bookings of hosts who left", once)
