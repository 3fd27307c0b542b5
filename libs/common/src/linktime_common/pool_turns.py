"""The turns at a connection pool: in the order of requests, with a time limit, and measured."""

import asyncio

from prometheus_client import Counter, Gauge

from linktime_common.errors import Unavailable

SIZE = Gauge("linktime_database_pool_size", "Most database connections at the same time")
USED = Gauge("linktime_database_pool_used", "Database connections in use")
WAITING = Gauge("linktime_database_pool_waiting", "Requests that wait for a database connection")
TIMEOUTS = Counter(
    "linktime_database_pool_timeouts", "Requests that got no database connection in time"
)
NONE_FREE = (
    "no database connection was free in time: PostgreSQL is slow or does not answer, or there are "
    "too many requests"
)


class PoolTurns:
    """As many turns as the pool has connections."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._size = size
        SIZE.inc(size)

    async def take(self, *, within_seconds: float) -> None:
        """Wait for a turn; raises `Unavailable` when none is free in time."""
        if self._free.locked():
            with WAITING.track_inprogress():
                await self._wait(within_seconds)
        else:
            await self._free.acquire()
        USED.inc()

    def give_back(self) -> None:
        """End a turn."""
        self._free.release()
        USED.dec()

    def close(self) -> None:
        """Remove the pool from the figures."""
        SIZE.dec(self._size)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError as error:
            TIMEOUTS.inc()
            raise Unavailable(NONE_FREE) from error
