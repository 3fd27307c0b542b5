"""Turns for a bounded number of requests at once, shared fairly by those that they are for.

Without a bound, requests that arrive faster than they are answered share processor and database
until each exceeds its time limit, so that none succeeds. In order of arrival, the crowd of one host
would delay all others.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import Counter as Metric
from prometheus_client import Gauge

from linktime_common.errors import Overloaded

# The rest of the caller's time is left for the work itself.
WAITING_SHARE = 0.5
# Operations with more time wait for servers of users.
LONGEST_OWN_SECONDS = 4.0

USED = Gauge("linktime_turns_used", "Requests in progress")
WAITING = Gauge("linktime_turns_waiting", "Requests that wait until others end")
REFUSED = Metric("linktime_turns_refused", "Requests refused because too many are in progress")

Parties = frozenset[str]
"""Whom a request is for, such as a host and a client's address: each has a share of the turns."""


@dataclass(frozen=True, eq=False)
class _QueuedRequest:
    parties: Parties
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class FairTurns:
    """Gives `at_once` turns, at most half of them to one party; at most `most_waiting` wait.

    The next turn is for the parties with the fewest turns, and of these for the newest request: the
    oldest ones have the least time left. When too many wait, the oldest of the party with the most
    is refused.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._at_once = at_once
        self._most_each = max(at_once // 2, 1)
        self._most_waiting = most_waiting
        self._used = 0
        self._turns: Counter[str] = Counter()  # by party
        self._waiting: dict[_QueuedRequest, None] = {}  # in order of arrival

    @property
    def used(self) -> int:
        """How many turns are taken."""
        return self._used

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, parties: Iterable[str], *, within_seconds: float) -> AsyncIterator[None]:
        """Hold a turn; raises Overloaded when none is free in time, or too many wait.

        A cancelled caller leaves the queue.
        """
        own = Parties(parties)
        await self._take(own, within_seconds)
        try:
            yield
        finally:
            self._give_back(own)

    async def _take(self, parties: Parties, seconds: float) -> None:
        # If a turn is free, all that wait are for parties with a full share.
        if self._used < self._at_once and _most_of(parties, self._turns) < self._most_each:
            self._begin(parties)
            return
        me = _QueuedRequest(parties)
        self._waiting[me] = None
        if len(self._waiting) > self._most_waiting:
            self._refuse_one()
        try:
            with WAITING.track_inprogress():
                async with asyncio.timeout(seconds):
                    await me.turn
        except TimeoutError as error:
            self._leave(me)
            REFUSED.inc()
            raise Overloaded("no turn was free in time") from error
        except asyncio.CancelledError:
            self._leave(me)
            raise

    def _begin(self, parties: Parties) -> None:
        self._used += 1
        USED.inc()
        self._turns.update(parties)

    def _give_back(self, parties: Parties) -> None:
        self._used -= 1
        USED.dec()
        self._turns.subtract(parties)
        for party in parties:
            if not self._turns[party]:
                del self._turns[party]
        self._begin_next()

    def _begin_next(self) -> None:
        # Several, if the turn that ended was the last one of two parties.
        while self._used < self._at_once and (chosen := self._next()) is not None:
            del self._waiting[chosen]
            self._begin(chosen.parties)
            chosen.turn.set_result(None)

    def _next(self) -> _QueuedRequest | None:
        chosen, fewest = None, self._most_each
        for one in reversed(self._waiting):
            turns = _most_of(one.parties, self._turns)
            if turns < fewest and not one.turn.done():
                chosen, fewest = one, turns
        return chosen

    def _leave(self, me: _QueuedRequest) -> None:
        if me in self._waiting:
            del self._waiting[me]
        elif not me.turn.cancelled() and me.turn.exception() is None:
            self._give_back(me.parties)

    def _refuse_one(self) -> None:
        """Refuse the oldest request of the party with the most."""
        numbers = Counter(party for one in self._waiting for party in one.parties)
        one = max(self._waiting, key=lambda one: _most_of(one.parties, numbers))
        del self._waiting[one]
        REFUSED.inc()
        if not one.turn.done():
            one.turn.set_exception(Overloaded("too many requests are waiting"))


class RequestTurns:
    """The turns of one port.

    Reads have their own, as a write may wait for a service that does not answer; so have operations
    that wait for servers of users.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        """Both numbers are those of each kind."""
        self._reads, self._writes, self._slow = (
            FairTurns(at_once, most_waiting) for _kind in range(3)
        )

    def turn(
        self, method: str, parties: Iterable[str], *, seconds: float, caller_seconds: float
    ) -> AbstractAsyncContextManager[None]:
        """Return a context that holds a turn; entering it raises Overloaded.

        `seconds` is the operation's time limit, `caller_seconds` how long its caller still waits.
        """
        if seconds > LONGEST_OWN_SECONDS:
            turns = self._slow
        else:
            turns = self._reads if method in {"GET", "HEAD"} else self._writes
        return turns.turn(parties, within_seconds=WAITING_SHARE * caller_seconds)


def _most_of(parties: Parties, numbers: Mapping[str, int]) -> int:
    return max((numbers.get(party, 0) for party in parties), default=0)
