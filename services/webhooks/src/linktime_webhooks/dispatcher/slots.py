"""Limits the deliveries in flight: in all, in each lane, to each endpoint."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from linktime_webhooks.dispatcher.metrics import IN_FLIGHT
from linktime_webhooks.domain.turns import PER_ENDPOINT
from linktime_webhooks.store.deliveries import Allotment, Candidate

IN_ALL = 256
# Less than an open breaker's shortest time: an endpoint restarts with one slot after it.
FORGET_SECONDS = 20.0


class Lane(StrEnum):
    """Slow endpoints, replays and test events each share a part of the slots."""

    FAST = "fast"
    SLOW = "slow"
    REPLAY = "replay"
    TEST = "test"

    @classmethod
    def of(cls, candidate: Candidate) -> "Lane":
        if candidate.is_replay:
            return cls.REPLAY
        return cls.SLOW if candidate.slow else cls.FAST


# Looked up once: looking a label up costs more than counting.
_IN_FLIGHT = {lane: IN_FLIGHT.labels(lane) for lane in Lane}
MOST_IN_LANE = {Lane.FAST: IN_ALL, Lane.SLOW: 64, Lane.REPLAY: IN_ALL // 4}
# Separate, so that tests and due deliveries do not delay each other.
MOST_TESTS = 32


@dataclass
class _Share:
    """One endpoint's slots: one at first, and one more for every success."""

    allowed: int = 1
    in_flight: int = 0
    used_at: float = 0.0


class SendSlots:
    """The slots of one process."""

    def __init__(self) -> None:
        self._lanes: Counter[Lane] = Counter()
        self._shares: dict[UUID, _Share] = {}
        self._tests: Counter[UUID] = Counter()
        self._chance = random.Random()  # noqa: S311 - spreads the work, keeps no secret

    @property
    def free(self) -> int:
        return IN_ALL - self._lanes.total()

    @property
    def free_for_tests(self) -> int:
        return MOST_TESTS - self._tests.total()

    def in_flight(self, endpoint_id: UUID) -> int:
        """Return the deliveries in flight to the endpoint, without test events."""
        share = self._shares.get(endpoint_id)
        return share.in_flight if share else 0

    def tests_in_flight(self, endpoint_id: UUID) -> int:
        """Return the test events in flight to the endpoint."""
        return self._tests[endpoint_id]

    def allot(self, candidates: Sequence[Candidate], *, most: int) -> list[Allotment]:
        """Allot free slots round-robin, so that no backlog takes another endpoint's slots."""
        around = list(candidates)
        self._chance.shuffle(around)
        around.sort(key=lambda one: one.is_replay)
        lanes, dealt = Counter(self._lanes), Counter[Candidate]()
        endpoints = Counter({key: share.in_flight for key, share in self._shares.items()})
        left = min(most, self.free)
        while around and left > 0:
            still_waiting = []
            for one in around:
                lane = Lane.of(one)
                if (
                    left > 0
                    and lanes[lane] < MOST_IN_LANE[lane]
                    and endpoints[one.endpoint_id] < self._most_to(one)
                ):
                    lanes[lane] += 1
                    endpoints[one.endpoint_id] += 1
                    dealt[one] += 1
                    left -= 1
                    still_waiting.append(one)
            around = still_waiting
        return [Allotment(one.endpoint_id, one.is_replay, n) for one, n in dealt.items()]

    def take(self, endpoint_id: UUID, lane: Lane) -> None:
        """Count one more delivery in flight."""
        _IN_FLIGHT[lane].inc()
        if lane is Lane.TEST:
            self._tests[endpoint_id] += 1
            return
        self._lanes[lane] += 1
        share = self._shares.setdefault(endpoint_id, _Share())
        share.in_flight += 1
        share.used_at = time.monotonic()

    def give_back(self, endpoint_id: UUID, lane: Lane, *, delivered: bool) -> None:
        """Count one delivery less; a success allows one more at a time."""
        _IN_FLIGHT[lane].dec()
        if lane is Lane.TEST:
            self._tests.subtract([endpoint_id])
            self._tests += Counter()  # drops those at zero
            return
        self._lanes[lane] -= 1
        share = self._shares[endpoint_id]
        share.in_flight -= 1
        share.used_at = time.monotonic()
        if delivered:
            share.allowed = min(share.allowed + 1, PER_ENDPOINT)

    def restart(self, endpoint_id: UUID) -> None:
        """Allow one slot again, as after failures."""
        if share := self._shares.get(endpoint_id):
            share.allowed = 1

    def forget_idle(self) -> None:
        """Drop endpoints that were not used for a while."""
        since = time.monotonic() - FORGET_SECONDS
        self._shares = {
            endpoint_id: share
            for endpoint_id, share in self._shares.items()
            if share.in_flight or share.used_at > since
        }

    def _most_to(self, candidate: Candidate) -> int:
        share = self._shares.get(candidate.endpoint_id)
        return share.allowed if share and not candidate.is_probe else 1
