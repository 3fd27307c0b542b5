"""Whose turn it is to work on a host's time, within this process.

Waiting happens here and not at the database, so that a host whom everybody wants holds one
connection for writing and a few for reading, however many are waiting, and the others none.
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
    """First come, first served for each host; a host nobody asks for takes no memory."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._reading: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(READERS))
        self._listing: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(LISTERS))
        self._writing: defaultdict[UUID, _HostQueue] = defaultdict(lambda: _HostQueue(1))

    @asynccontextmanager
    async def reading(self, key: UUID) -> AsyncIterator[None]:
        """One of a few who look at once; raises Unavailable when it takes too long."""
        async with self._turn(self._reading, key):
            yield

    @asynccontextmanager
    async def listing(self, host_id: UUID) -> AsyncIterator[None]:
        """One of a few whose list of slots is made at once; raises Unavailable as `reading` does.

        Those who book do not wait behind them.
        """
        async with self._turn(self._listing, host_id):
            yield

    @asynccontextmanager
    async def writing(self, host_id: UUID) -> AsyncIterator[bool]:
        """The only one who writes; True when somebody else did meanwhile, so look again.

        Raises Unavailable when the turn does not come in time.
        """
        async with self._turn(self._writing, host_id) as waited:
            yield waited

    @asynccontextmanager
    async def _turn(self, lines: "defaultdict[UUID, _HostQueue]", key: UUID) -> AsyncIterator[bool]:
        line = lines[key]
        waited = line.turn.locked()
        line.people += 1
        try:
            try:
                async with asyncio.timeout(self._wait_seconds):
                    await line.turn.acquire()
            except TimeoutError as error:
                raise Unavailable("too many are waiting for this host") from error
            try:
                yield waited
            finally:
                line.turn.release()
        finally:
            line.people -= 1
            if not line.people:
                del lines[key]


class _HostQueue:
    """Those who have a turn or wait for one; asyncio's semaphore serves them in order."""

    def __init__(self, width: int) -> None:
        self.turn = asyncio.Semaphore(width)
        self.people = 0
