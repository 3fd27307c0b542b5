"""Claims test events apart from other due deliveries: a person waits for them.

They do not wait for the backlog, the rate, a pause or the breaker of their endpoint, only for a
slot. Their slots are stored under a separate name, so that they neither count as a probe nor delay
one.
"""

import time
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from linktime_common.postgres import Database
from linktime_webhooks.dispatcher.slots import SendSlots
from linktime_webhooks.domain.turns import HELD_SECONDS, Turn, holder_for_tests
from linktime_webhooks.store import deliveries, turns
from linktime_webhooks.store.deliveries import Allotment, Claimed


class _Written(NamedTuple):
    """The slots that the turn of an endpoint holds for this dispatcher's tests, and since when."""

    slots: int
    at: float


class ClaimerOfTests:
    """Claims test events for one dispatcher."""

    def __init__(self, database: Database, owner: UUID, slots: SendSlots) -> None:
        self._database = database
        self._owner = owner
        self._me = holder_for_tests(owner)
        self._slots = slots
        self._written: dict[UUID, _Written] = {}

    async def claim(self) -> list[Claimed]:
        """Claim the test events that can be sent at once."""
        due = dict[UUID, int]()
        if (most := self._slots.free_for_tests) > 0:
            async with self._database.connection() as connection:
                due = await deliveries.due_tests(connection, limit=most)
        if not (wanted := due.keys() | self._outdated()):
            return []
        async with self._database.transaction() as connection:
            await turns.add(connection, list(due))
            locked = await turns.lock(connection, list(wanted))
            claimed = await deliveries.claim_tests(
                connection, self._allotted(locked, due, most), owner=self._owner
            )
            taken = Counter(one.endpoint_id for one in claimed)
            left = [self._left(turn, due, taken[key]) for key, turn in locked.items()]
            await turns.save(connection, left)
        self._remember(left)
        return claimed

    def _outdated(self) -> set[UUID]:
        """Return endpoints whose turn has unused slots, or slots that expire soon."""
        now = time.monotonic()
        return {
            key
            for key, written in self._written.items()
            if written.slots != self._slots.tests_in_flight(key)
            or now - written.at > HELD_SECONDS / 3
        }

    def _allotted(
        self, locked: Mapping[UUID, Turn], due: Mapping[UUID, int], most: int
    ) -> list[Allotment]:
        allotments = []
        for key, turn in locked.items():
            room = turn.room_for_tests(self._me, self._slots.tests_in_flight(key))
            if (count := min(due.get(key, 0), room, most)) > 0:
                most -= count
                allotments.append(Allotment(key, False, count))
        return allotments

    def _left(self, turn: Turn, due: Mapping[UUID, int], taken: int) -> Turn:
        key = turn.endpoint_id
        slots = self._slots.tests_in_flight(key) + taken
        return turn.after(self._me, slots=slots, tokens=0, wants_more=due.get(key, 0) > taken)

    def _remember(self, left: list[Turn]) -> None:
        now = time.monotonic()
        for turn in left:
            held = turn.taken.get(self._me)
            if held is not None and held.slots:
                self._written[turn.endpoint_id] = _Written(held.slots, now)
            else:
                self._written.pop(turn.endpoint_id, None)
