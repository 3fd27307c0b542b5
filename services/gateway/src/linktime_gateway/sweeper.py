"""Clears out what is over, now and then."""

import asyncio

import asyncpg

from linktime_common import logs
from linktime_common.connection_errors import CONNECTION_LOST
from linktime_common.errors import Unavailable
from linktime_gateway.deps import Deps
from linktime_gateway.use_cases.clear_out import clear_out

EACH_SECONDS = 600.0


async def sweep(deps: Deps) -> None:
    """Until cancelled."""
    while True:
        try:
            await clear_out(deps)
        except (Unavailable, asyncpg.PostgresError, *CONNECTION_LOST) as error:
            logs.logger().warning("not cleared out", error=error)
        await asyncio.sleep(EACH_SECONDS)
