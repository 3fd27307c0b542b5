"""Scarce work in turns: those who have asked least of late come first.

In order of arrival, under more work than can be done, everybody would wait until their time is
nearly over, and a few who ask again and again would keep out one who asks once.
"""

import asyncio
import math
from collections import OrderedDict, deque
from dataclasses import dataclass

from linktime_common.errors import Unavailable
from linktime_gateway.domain.attempts import FORGOTTEN_AFTER
from linktime_gateway.domain.client_address import Origin

MOST_KNOWN = 10_000  # networks and addresses: a few megabytes
# Work is expected to take what the fastest of the latest took: one that was held up says little.
LATEST = 8

Waiter = asyncio.Future[None]


@dataclass(frozen=True, eq=False)
class _Waiting:
    origin: Origin
    deadline: float
    turn: Waiter


class Turns:
    """Gives away `at_once` turns; at most `most_waiting` wait, those in excess are refused."""

    def __init__(self, at_once: int, most_waiting: int, expected_seconds: float) -> None:
        """`expected_seconds` is what work takes, as far as is known before any is done."""
        self._at_once = self._free = at_once
        self._most_waiting = most_waiting
        self._took = deque([expected_seconds], maxlen=LATEST)
        self._waiting: list[_Waiting] = []  # in order of arrival
        self._asked = _Asked()
        self._now = asyncio.get_running_loop().time

    async def take(self, origin: Origin, deadline: float = math.inf) -> None:
        """Return when the caller has a turn, which it must `give_back`.

        Raises Unavailable when the work cannot end by `deadline`, by the loop's clock, and when too
        many wait, in the one who has asked most. A caller that is cancelled leaves the queue.
        """
        self._asked.count(origin, self._now())
        if self._free:
            # Also where work is expected to take too long: only so is it found to be faster again.
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
                self._pass_on()
            raise

    def give_back(self, seconds: float) -> None:
        """The work of one turn has ended; it took so long."""
        self._took.append(seconds)
        self._pass_on()

    def forgive(self, origin: Origin) -> None:
        """Do not count one time that it has asked."""
        self._asked.take_back(origin, self._now())

    def _pass_on(self) -> None:
        for one in self._in_order():
            if one.deadline < self._now() + min(self._took):
                self._refuse(one, "there is not enough time left")
            elif not one.turn.done():
                self._waiting.remove(one)
                one.turn.set_result(None)
                return
        self._free += 1

    def _refuse_late(self, me: _Waiting) -> None:
        """Refuse at once what those before it leave no time for."""
        rounds = self._in_order().index(me) // self._at_once + 1
        if me.deadline < self._now() + rounds * min(self._took):
            self._refuse(me, "there is not enough time left")

    def _refuse(self, one: _Waiting, why: str) -> None:
        self._waiting.remove(one)
        if not one.turn.done():
            one.turn.set_exception(Unavailable(why))

    def _in_order(self) -> list[_Waiting]:
        now = self._now()
        return sorted(self._waiting, key=lambda one: self._asked.by(one.origin, now))


class _Asked:
    """How often each network and each address has asked; the one longest quiet is forgotten."""

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
