"""Claims due deliveries, up to the free slots and the rate of each endpoint.

The slots of an endpoint, the tokens of its rate and the probe of its breaker are agreed with the
other dispatchers, under the lock of its turn. An agreement is valid for several claims, so most of
them need no lock.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection, Database
from linktime_webhooks.dispatcher.slots import SendSlots
from linktime_webhooks.domain.turns import HELD_SECONDS, Turn
from linktime_webhooks.store import deliveries, health, turns
from linktime_webhooks.store.deliveries import BEGINNING, Allotment, Candidate, Claimed

POLL_SECONDS = 0.25
# Pause while another dispatcher has locked the endpoint's turn.
LOCKED_SECONDS = 0.005
CANDIDATES = 512
# How long the due endpoints of one query are used for claims before the next query.
LOOK_SECONDS = 0.02


@dataclass
class Hold:
    """This process's share of an endpoint: slots, and tokens that are paid and not spent."""

    slots: int = 0
    tokens: int = 0
    rate: int | None = None
    settled_at: float = 0.0
    used_at: float = 0.0
    ask_at: float = 0.0  # the other dispatchers have nothing to give before


class Claimer:
    """Claims for one dispatcher, one claim at a time."""

    def __init__(self, database: Database, owner: UUID, slots: SendSlots) -> None:
        self._database = database
        self._owner = owner
        self._me = str(owner)
        self._slots = slots
        self._holds: dict[UUID, Hold] = {}
        self._owed = Counter[UUID]()  # tokens for requests that no claim has paid
        self._after = BEGINNING
        self._found: list[Candidate] = []
        self._looked_at = 0.0
        self.wants_slots = False
        """Whether due deliveries found no free slot: claim again when one is free."""

    async def claim(self, most: int) -> tuple[list[Candidate], list[Claimed]]:
        """Claim up to `most` deliveries that can be sent at once; also return the due endpoints."""
        candidates = await self._look() if most > 0 else []
        ready = [one for one in candidates if self._may_ask(one.endpoint_id) or self._room(one)]
        self.wants_slots = most <= 0 or bool(candidates)
        allotments = self._slots.allot(ready, most=most)
        wanted = Counter[UUID]()
        for one in allotments:
            wanted[one.endpoint_id] += one.count
        asked, room = dict[UUID, Candidate](), dict[UUID, int]()
        for candidate in ready:
            key = candidate.endpoint_id
            room[key] = min(wanted[key], self._room(candidate))
            if room[key] < wanted[key] and self._may_ask(key):
                asked[key] = candidate
        outdated = self._outdated()
        if asked or outdated:
            claimed = await self._settle(asked, outdated, room, wanted, allotments)
        else:
            async with self._database.connection() as connection:
                claimed = await self._take(connection, room, allotments)
            self._spend(claimed, room)
        taken = Counter(one.endpoint_id for one in claimed)
        if not claimed or any(taken[key] < granted for key, granted in room.items()):
            self.look_again()
        return candidates, claimed

    def charge(self, endpoint_id: UUID, requests: int) -> None:
        """Take tokens for further requests of claimed deliveries."""
        hold = self._holds.get(endpoint_id)
        if hold and hold.rate is not None:
            self._owed[endpoint_id] += requests

    def look_again(self) -> None:
        """Discard the due endpoints of the last query."""
        self._looked_at = 0.0

    def pause(self) -> float:
        """Return the seconds until more may be claimable than at the last claim."""
        if self._after != BEGINNING:
            return LOCKED_SECONDS
        now = _now()
        waiting = (one.ask_at for one in self._holds.values() if one.ask_at > now)
        return max(min(waiting, default=now + POLL_SECONDS) - now, 0.001)

    async def _look(self) -> list[Candidate]:
        is_fresh = _now() - self._looked_at < LOOK_SECONDS
        if is_fresh and self._after == BEGINNING and self._found:
            return self._found
        self._looked_at = _now()
        async with self._database.connection() as connection:
            found = await deliveries.ready(connection, after=self._after, limit=CANDIDATES)
        self._after = BEGINNING
        if len(found) == CANDIDATES:
            self._after = (found[-1].is_replay, found[-1].endpoint_id)
        self._found = found
        return found

    async def _settle(
        self,
        asked: Mapping[UUID, Candidate],
        outdated: Set[UUID],
        room: dict[UUID, int],
        wanted: Counter[UUID],
        allotments: Iterable[Allotment],
    ) -> list[Claimed]:
        """Acquire slots and tokens and claim with them; return unused ones."""
        settled = dict[UUID, Hold]()
        async with self._database.transaction() as connection:
            if new := [key for key, candidate in asked.items() if not candidate.has_turn]:
                await turns.add(connection, new)
            locked = await turns.lock(connection, [*asked.keys() | outdated])
            room |= {key: self._granted(turn, wanted[key]) for key, turn in locked.items()}
            claimed = await self._take(connection, room, allotments)
            taken, left = Counter(one.endpoint_id for one in claimed), list[Turn]()
            for key, turn in locked.items():
                settled[key], after = self._left(turn, wanted[key], room[key], taken[key])
                left.append(after)
            await turns.save(connection, left)
            probes = [key for key in taken if key in locked and locked[key].is_probe]
            await health.half_open(connection, probes)
        self._spend(claimed, {key: room[key] for key in room.keys() - settled.keys()})
        self._holds |= settled
        for key in asked.keys() - locked.keys():
            self._holds.setdefault(key, Hold()).ask_at = _now() + LOCKED_SECONDS
        return claimed

    async def _take(
        self, connection: Connection, room: Mapping[UUID, int], allotments: Iterable[Allotment]
    ) -> list[Claimed]:
        granted, left = [], dict(room)
        for one in allotments:
            count = min(one.count, left.get(one.endpoint_id, 0))
            if count > 0:
                left[one.endpoint_id] -= count
                granted.append(Allotment(one.endpoint_id, one.is_replay, count))
        return await deliveries.claim(connection, granted, owner=self._owner) if granted else []

    def _granted(self, turn: Turn, wanted: int) -> int:
        slots = turn.room(self._me, self._slots.in_flight(turn.endpoint_id))
        return turn.payable(min(wanted, slots), self._kept(turn))

    def _kept(self, turn: Turn) -> int:
        hold = self._holds.get(turn.endpoint_id)
        kept = hold.tokens if hold and hold.rate == turn.rate else 0
        return kept - self._owed[turn.endpoint_id]

    def _left(self, turn: Turn, wanted: int, granted: int, taken: int) -> tuple[Hold, Turn]:
        """Return this process's share of the endpoint and the turn as it leaves it.

        Slots that found nothing due are not kept.
        """
        in_flight, now = self._slots.in_flight(turn.endpoint_id), _now()
        room, kept = turn.room(self._me, in_flight), self._kept(turn)
        is_short, bought = wanted > room, turn.bought(granted, kept)
        slots = in_flight + (granted if taken == granted else taken)
        after = turn.after(self._me, slots=slots, tokens=bought, wants_more=is_short)
        hold = Hold(slots, kept + bought - taken, turn.rate, now, used_at=now)
        self._owed.pop(turn.endpoint_id, None)
        if turn.rate is not None and hold.tokens < 1 and (room or in_flight):
            hold.ask_at = now + max(after.seconds_to_tokens(), LOCKED_SECONDS)
        elif is_short:
            hold.ask_at = now + POLL_SECONDS
        return hold, after

    def _spend(self, claimed: Iterable[Claimed], room: Mapping[UUID, int]) -> None:
        taken, now = Counter(one.endpoint_id for one in claimed), _now()
        for key, granted in room.items():
            if granted and (hold := self._holds.get(key)):
                if taken[key] == granted:
                    hold.used_at = now
                if hold.rate is not None:
                    hold.tokens -= taken[key]
                    hold.ask_at = hold.ask_at if hold.tokens else now

    def _room(self, candidate: Candidate) -> int:
        """Return how many may be sent by the last agreement."""
        hold = self._holds.get(candidate.endpoint_id)
        if hold is None or candidate.is_probe or hold.rate != candidate.rate:
            return 0
        if _now() - hold.settled_at > POLL_SECONDS:
            return 0
        slots = max(hold.slots - self._slots.in_flight(candidate.endpoint_id), 0)
        tokens = hold.tokens - self._owed[candidate.endpoint_id]
        return slots if hold.rate is None else max(min(slots, tokens), 0)

    def _may_ask(self, endpoint_id: UUID) -> bool:
        hold = self._holds.get(endpoint_id)
        return hold is None or hold.ask_at <= _now()

    def _outdated(self) -> set[UUID]:
        """Return endpoints where this process has unused slots, or whose slots expire soon."""
        now, found = _now(), set[UUID]()
        for key, hold in list(self._holds.items()):
            in_flight = self._slots.in_flight(key)
            is_idle = hold.slots > in_flight and now - hold.used_at > POLL_SECONDS
            if is_idle or (in_flight and now - hold.settled_at > HELD_SECONDS / 3):
                found.add(key)
            elif not in_flight and now - hold.settled_at > HELD_SECONDS:
                del self._holds[key]
                self._owed.pop(key, None)
        return found


def _now() -> float:
    return time.monotonic()
