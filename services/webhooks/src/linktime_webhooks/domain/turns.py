"""Decides how many requests each dispatcher may send to an endpoint.

The slots of an endpoint and its rate are shared by all dispatchers. `taken` of a turn is the number
of slots of each; a dispatcher that takes some locks the row of the turn.
"""

from collections.abc import Mapping
from datetime import datetime
from math import ceil, floor
from typing import NamedTuple, Self
from uuid import UUID

PER_ENDPOINT = 8
"""Most requests in flight to one endpoint, of all dispatchers."""

# The slots of a dispatcher that does not renew them expire after this time.
HELD_SECONDS = 10.0
# How long others leave room for a dispatcher that got fewer slots than it wanted.
WISHED_SECONDS = 1.0
# The capacity of a bucket beyond one token: claims that are late by this much lose no tokens.
BUCKET_SECONDS = 0.15
# Tokens are taken in groups of what this time earns: few queries, and the bucket is never full.
GROUP_SECONDS = 0.05


_FOR_TESTS = "/tests"


def holder_for_tests(dispatcher: UUID) -> str:
    """Return the name under which a dispatcher's slots for test events are stored."""
    return f"{dispatcher}{_FOR_TESTS}"


class TakenSlots(NamedTuple):
    """The slots of one dispatcher, until when it has them, and until when it wants more."""

    slots: int
    until: float  # seconds since 1970
    wishes_until: float


class Turn(NamedTuple):
    """One endpoint's share of each dispatcher, read at `now`."""

    endpoint_id: UUID
    rate: int | None
    may_send: bool
    is_probe: bool
    tokens: float
    tokens_at: datetime
    taken: Mapping[str, TakenSlots]
    now: datetime

    def refilled(self) -> Self:
        """Return the turn with the tokens earned until now, without expired holders."""
        now = self.now.timestamp()
        taken = {owner: one for owner, one in self.taken.items() if one.until > now}
        if self.rate is None:
            return self._replace(taken=taken)
        earned = self.rate * max((self.now - self.tokens_at).total_seconds(), 0.0)
        tokens = min(self.tokens + earned, 1 + self.rate * BUCKET_SECONDS)
        return self._replace(tokens=tokens, tokens_at=self.now, taken=taken)

    def room(self, me: str, in_flight: int) -> int:
        """Return how many more deliveries `me` may send: what others leave, and at most an even
        share while others want slots. A probe does not wait for test events."""
        if not self.may_send:
            return 0
        now, most = self.now.timestamp(), 1 if self.is_probe else PER_ENDPOINT
        others = [
            one
            for owner, one in self.taken.items()
            if owner != me and not (self.is_probe and owner.endswith(_FOR_TESTS))
        ]
        share = ceil(most / (1 + sum(one.wishes_until > now for one in others)))
        return max(min(share, most - sum(one.slots for one in others)) - in_flight, 0)

    def room_for_tests(self, me: str, in_flight: int) -> int:
        """Return how many more test events `me` may send.

        Neither breaker nor even share limits them: other dispatchers make room for those that want
        slots.
        """
        others = sum(one.slots for owner, one in self.taken.items() if owner != me)
        return max(PER_ENDPOINT - others - in_flight, 0)

    def payable(self, wanted: int, kept: int) -> int:
        """Return how many of `wanted` deliveries the tokens allow, `kept` earlier ones included.

        `kept` is negative when more requests were sent than paid.
        """
        return wanted if self.rate is None else max(min(wanted, kept + floor(self.tokens)), 0)

    def bought(self, count: int, kept: int) -> int:
        """Return how many tokens to take for `count` deliveries: at least a group, if available.

        Without deliveries only what is owed is taken.
        """
        if self.rate is None:
            return 0
        group = max(count, floor(self.rate * GROUP_SECONDS)) if count else 0
        return max(min(floor(self.tokens), group - kept), 0)

    def seconds_to_tokens(self) -> float:
        """Return the seconds until the next group of tokens is available; 0 without a rate."""
        if self.rate is None:
            return 0.0
        return max(max(1.0, self.rate * GROUP_SECONDS) - self.tokens, 0.0) / self.rate

    def after(self, me: str, *, slots: int, tokens: int, wants_more: bool) -> Self:
        """Return the turn after `me` has `slots` slots in all, and has taken `tokens` tokens."""
        now = self.now.timestamp()
        wishes_until = now + WISHED_SECONDS if wants_more else 0.0
        taken = {owner: one for owner, one in self.taken.items() if owner != me}
        if slots or wants_more:
            taken[me] = TakenSlots(
                slots, now + HELD_SECONDS if slots else wishes_until, wishes_until
            )
        return self._replace(tokens=self.tokens - tokens, taken=taken)
