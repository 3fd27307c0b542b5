"""How many more requests one dispatcher may send to an endpoint, beside all the others.

The slots of an endpoint and its rate hold for all dispatchers together. `taken` of a turn says
how many slots each of them has; a dispatcher that takes some locks the row of the turn.
"""

from collections.abc import Mapping
from datetime import datetime
from math import ceil, floor
from typing import NamedTuple, Self
from uuid import UUID

PER_ENDPOINT = 8
"""Requests on the wire to one endpoint, of all dispatchers."""

# A dispatcher that died or hangs holds its slots for so long; one at work says so more often.
HELD_SECONDS = 10.0
# Others make room for so long for one that wanted slots and got fewer.
WISHED_SECONDS = 1.0
# What a bucket holds beyond one token: looks that come up to so late lose nothing.
BUCKET_SECONDS = 0.15
# Tokens are taken and waited for in groups of what this earns: few looks, and never a full bucket.
GROUP_SECONDS = 0.05


_FOR_TESTS = "/tests"


def holder_for_tests(dispatcher: UUID) -> str:
    """The name that a dispatcher's slots for test events are written under."""
    return f"{dispatcher}{_FOR_TESTS}"


class TakenSlots(NamedTuple):
    """The slots of one dispatcher, until when it has them, and until when it wants more."""

    slots: int
    until: float  # epochs
    wishes_until: float


class Turn(NamedTuple):
    """One endpoint as the dispatchers left it, read at `now`."""

    endpoint_id: UUID
    rate: int | None
    may_send: bool
    is_probe: bool
    tokens: float
    tokens_at: datetime
    taken: Mapping[str, TakenSlots]
    now: datetime

    def refilled(self) -> Self:
        """With the tokens that were earned until now, and without holders whose time is over."""
        now = self.now.timestamp()
        taken = {owner: one for owner, one in self.taken.items() if one.until > now}
        if self.rate is None:
            return self._replace(taken=taken)
        earned = self.rate * max((self.now - self.tokens_at).total_seconds(), 0.0)
        tokens = min(self.tokens + earned, 1 + self.rate * BUCKET_SECONDS)
        return self._replace(tokens=tokens, tokens_at=self.now, taken=taken)

    def room(self, me: str, in_flight: int) -> int:
        """How many `me` may send beside what it has on the wire: what others leave, and no more
        than an even share while they want some. A probe does not wait for test events."""
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
        """How many test events `me` may send beside those that it has on the wire.

        Neither the breaker counts nor a share: who has all slots makes room for those who wish.
        """
        others = sum(one.slots for owner, one in self.taken.items() if owner != me)
        return max(PER_ENDPOINT - others - in_flight, 0)

    def payable(self, wanted: int, kept: int) -> int:
        """How many of `wanted` deliveries can be paid, with `kept` tokens of an earlier time."""
        return wanted if self.rate is None else min(wanted, kept + floor(self.tokens))

    def bought(self, count: int, kept: int) -> int:
        """How many tokens to take for `count` deliveries: a group at least, as far as there are."""
        if self.rate is None or count == 0:
            return 0
        group = max(count, floor(self.rate * GROUP_SECONDS))
        return max(min(floor(self.tokens), group - kept), 0)

    def seconds_to_tokens(self) -> float:
        """How long until the next group of tokens is there; 0 without a rate."""
        if self.rate is None:
            return 0.0
        return max(max(1.0, self.rate * GROUP_SECONDS) - self.tokens, 0.0) / self.rate

    def after(self, me: str, *, slots: int, tokens: int, wants_more: bool) -> Self:
        """The turn as `me` leaves it: with so many slots in all, and so many tokens taken now."""
        now = self.now.timestamp()
        wishes_until = now + WISHED_SECONDS if wants_more else 0.0
        taken = {owner: one for owner, one in self.taken.items() if owner != me}
        if slots or wants_more:
            taken[me] = TakenSlots(
                slots, now + HELD_SECONDS if slots else wishes_until, wishes_until
            )
        return self._replace(tokens=self.tokens - tokens, taken=taken)
