"""The worker that looks for holds past their time."""

import asyncio

from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.sweep_holds import sweep_holds
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered
from linktime_common.logs import logger


async def keep_sweeping(deps: Deps, *, interval_seconds: float) -> None:
    """Sweep until cancelled; while availability is away its holds stay."""
    while True:
        try:
            await sweep_holds(deps)
        except (Unavailable, Answered) as error:
            logger().warning("expired holds not listed", reason=repr(error))
        await asyncio.sleep(interval_seconds)
