"""Limits concurrent work on one host's time, within this process.

Requests wait here and not at the database, so that a host in demand uses one connection for
writing and a few for reading, however many requests wait.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from linktime_common.errors import Unavailable

WAIT_SECONDS = 1.5
READERS = 4
LISTERS = 2


class HostTurns:
    """First come, first served for each host; a host without requests takes no memory."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._reading: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(READERS))
        self._listing: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(LISTERS))
        self._writing: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(1))

    @asynccontextmanager
    async def reading(self, key: UUID) -> AsyncIterator[None]:
        """Hold one of READERS turns; raises Unavailable after `wait_seconds`."""
        async with self._turn(self._reading, key):
            yield

    @asynccontextmanager
    async def listing(self, host_id: UUID) -> AsyncIterator[None]:
        """Hold one of LISTERS turns; raises Unavailable after `wait_seconds`.

        Separate from `reading`, so that reserving does not wait for lists of slots.
        """
        async with self._turn(self._listing, host_id):
            yield

    @asynccontextmanager
    async def writing(self, host_id: UUID) -> AsyncIterator[bool]:
        """Hold the only turn to write; True if it had to wait, so that the offer may have changed.

        Raises Unavailable after `wait_seconds`.
        """
        async with self._turn(self._writing, host_id) as waited:
            yield waited

    @asynccontextmanager
    async def _turn(
        self, waiting: "defaultdict[UUID, _HostQueue]", key: UUID
    ) -> AsyncIterator[bool]:
        queue = waiting[key]
        waited = queue.turn.locked()
        queue.members += 1
        try:
            try:
                async with asyncio.timeout(self._wait_seconds):
                    await queue.turn.acquire()
            except TimeoutError as error:
                raise Unavailable("too many requests for this host") from error
            try:
                yield waited
            finally:
                queue.turn.release()
        finally:
            queue.members -= 1
            if not queue.members:
                del waiting[key]


class _HostQueue:
    """The holders of turns and those that wait; asyncio's semaphore is fair."""

    def __init__(self, width: int) -> None:
        self.turn = asyncio.Semaphore(width)
        self.members = 0
