"""A fair queue for scarce work: origins with the fewest recent requests come first.

In order of arrival, under overload, every request would wait until its deadline, and a few origins
that repeat requests would block all others.
"""

import asyncio
import math
from collections import OrderedDict, deque
from dataclasses import dataclass

from linktime_common.errors import Unavailable
from linktime_gateway.domain.attempts import FORGOTTEN_AFTER
from linktime_gateway.domain.client_address import Origin

MOST_KNOWN = 10_000  # networks and addresses: a few megabytes
# The expected duration is the shortest of the latest ones, because delays distort the others.
LATEST = 8

Waiter = asyncio.Future[None]


@dataclass(frozen=True, eq=False)
class _Waiting:
    origin: Origin
    deadline: float
    turn: Waiter


class Turns:
    """Runs `at_once` turns; at most `most_waiting` requests wait, others are refused."""

    def __init__(self, at_once: int, most_waiting: int, expected_seconds: float) -> None:
        """`expected_seconds` is the initial estimate of a turn's duration."""
        self._at_once = self._free = at_once
        self._most_waiting = most_waiting
        self._took = deque([expected_seconds], maxlen=LATEST)
        self._waiting: list[_Waiting] = []  # in order of arrival
        self._counts = _RequestCounts()
        self._now = asyncio.get_running_loop().time

    async def take(self, origin: Origin, deadline: float = math.inf) -> None:
        """Wait for a turn, which the caller must `give_back`.

        Raises Unavailable when the work cannot end by `deadline`, in the loop's time, and, when the
        queue is full, for the origin with the most requests. A cancelled caller leaves the queue.
        """
        self._counts.count(origin, self._now())
        if self._free:
            # Also when the estimate exceeds the deadline: only new work can lower the estimate.
            self._free -= 1
            return
        me = _Waiting(origin, deadline, asyncio.get_running_loop().create_future())
        self._waiting.append(me)
        self._refuse_late(me)
        if len(self._waiting) > self._most_waiting:
            self._refuse(self._in_order()[-1], "too many are waiting")
        try:
            await me.turn
        except asyncio.CancelledError:
            if me in self._waiting:
                self._waiting.remove(me)
            elif not me.turn.cancelled() and me.turn.exception() is None:
                self._start_next()
            raise

    def give_back(self, seconds: float | None) -> None:
        """End a turn that took `seconds`, or None if it ended without its work."""
        if seconds is not None:
            self._took.append(seconds)
        self._start_next()

    def forgive(self, origin: Origin) -> None:
        """Do not count one request of this origin."""
        self._counts.take_back(origin, self._now())

    def _start_next(self) -> None:
        for one in self._in_order():
            if one.deadline < self._now() + min(self._took):
                self._refuse(one, "there is not enough time left")
            elif not one.turn.done():
                self._waiting.remove(one)
                one.turn.set_result(None)
                return
        self._free += 1

    def _refuse_late(self, me: _Waiting) -> None:
        """Refuse a request whose deadline passes before its turn would end."""
        rounds = self._in_order().index(me) // self._at_once + 1
        if me.deadline < self._now() + rounds * min(self._took):
            self._refuse(me, "there is not enough time left")

    def _refuse(self, one: _Waiting, why: str) -> None:
        self._waiting.remove(one)
        if not one.turn.done():
            one.turn.set_exception(Unavailable(why))

    def _in_order(self) -> list[_Waiting]:
        now = self._now()
        return sorted(self._waiting, key=lambda one: self._counts.by(one.origin, now))


class _RequestCounts:
    """Recent requests of each network and address; the least recently active are dropped."""

    def __init__(self) -> None:
        self._known: OrderedDict[str | Origin, tuple[int, float]] = OrderedDict()

    def count(self, origin: Origin, now: float) -> None:
        for name in (origin.network, origin):
            self._known[name] = (self._of(name, now) + 1, now)
            self._known.move_to_end(name)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def take_back(self, origin: Origin, now: float) -> None:
        for name in (origin.network, origin):
            if number := self._of(name, now):
                self._known[name] = (number - 1, now)

    def by(self, origin: Origin, now: float) -> tuple[int, int]:
        return self._of(origin.network, now), self._of(origin, now)

    def _of(self, name: str | Origin, now: float) -> int:
        number, last = self._known.get(name, (0, now))
        return number if now - last < FORGOTTEN_AFTER.total_seconds() else 0
