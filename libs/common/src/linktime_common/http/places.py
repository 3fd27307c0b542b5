"""Bounds the requests that a port works on at once; it refuses surplus requests before any work.

Without a bound, requests that arrive faster than they are answered share the database and the other
services until each one exceeds its time limit, so that none succeeds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from linktime_common.errors import Overloaded
from linktime_common.http.health import PROBES
from linktime_common.http.routes import Route
from linktime_common.postgres import POOL_SIZE

MOST_AT_ONCE = POOL_SIZE
"""So that no request in progress waits for a database connection of another one."""
MOST_WAITING = 8 * MOST_AT_ONCE
# It leaves a write of bookings, for which the gateway waits 4 s, as much time again.
WAIT_SECONDS = 2.0
# Operations with more time wait for servers of users, which must not hold up the others.
LONGEST_OWN_SECONDS = 4.0


class Places:
    """Places for requests in progress. Requests wait for one shortly, first come, first served."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place; raises Overloaded."""
        await self._take()
        try:
            yield
        finally:
            self._free.release()

    async def _take(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting == MOST_WAITING:
            raise Overloaded("too many requests are waiting")
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise Overloaded("too many requests are in progress") from error
        finally:
            self._waiting -= 1


class PlacesOfPort:
    """The places of a port; separate ones for operations that wait for servers of users."""

    def __init__(self) -> None:
        self._own = Places()
        self._foreign = Places()

    def place(self, route: Route) -> AbstractAsyncContextManager[None]:
        """Return a context that holds a place; health and metrics need none."""
        if route.path in PROBES:
            return nullcontext()
        operation = route.operation
        is_foreign = operation is not None and operation.seconds > LONGEST_OWN_SECONDS
        return (self._foreign if is_foreign else self._own).place()
