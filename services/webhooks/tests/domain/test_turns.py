"""An endpoint's slots and its rate, shared by dispatchers that claim at irregular times."""

import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from linktime_webhooks.domain.turns import HELD_SECONDS, WISHED_SECONDS, TakenSlots, Turn

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = 20.0


def turn(rate: int | None = None, taken: dict[str, TakenSlots] | None = None, **more: bool) -> Turn:
    flags = {"may_send": True, "is_probe": False} | more
    return Turn(
        UUID(int=1), rate, tokens=0, tokens_at=LONG_AGO, taken=taken or {}, now=NOW, **flags
    ).refilled()


def held(count: int, *, wishes: bool = False) -> TakenSlots:
    epoch = NOW.timestamp()
    return TakenSlots(count, epoch + HELD_SECONDS, epoch + WISHED_SECONDS if wishes else 0.0)


def spent_at(rate: int, late_seconds: float) -> list[float]:
    """Return the time each delivery is paid: by two dispatchers, whose claims are late."""
    chance, left = random.Random(rate), turn(rate)
    looks, kept, times = {"a": 0.0, "b": 0.0}, {"a": 0, "b": 0}, list[float]()
    while (at := min(looks.values())) < SECONDS:
        me = min(looks, key=lambda one: looks[one])
        left = left._replace(now=NOW + timedelta(seconds=at)).refilled()
        count = left.payable(left.room(me, 0), kept[me])
        bought = left.bought(count, kept[me])
        times += [at] * count
        kept[me] += bought - count
        left = left.after(me, slots=0, tokens=bought, wants_more=False)
        wait = left.seconds_to_tokens() if kept[me] < 1 else 0.004
        looks[me] = at + wait + chance.uniform(0, late_seconds)
    return times


@pytest.mark.parametrize("rate", [1, 2, 3, 7, 10, 33, 100, 250, 500, 1_000])
def test_a_rate_is_reached_and_not_exceeded(rate: int) -> None:
    """At least 95 % in the long run, and in no second more than a sixth above plus one."""
    times = spent_at(rate, late_seconds=0.002)
    assert len(times) >= 0.95 * rate * SECONDS
    for number, begin in enumerate(times):
        assert bisect_left(times, begin + 1) - number <= 1.15 * rate + 1


@pytest.mark.parametrize("rate", [1, 2, 10, 100])
def test_late_looks_lose_nothing_of_a_rate(rate: int) -> None:
    """A busy machine claims later than planned, at each delivery."""
    assert len(spent_at(rate, late_seconds=0.08)) >= 0.95 * rate * SECONDS


def test_an_idle_endpoint_saves_up_no_more_than_a_full_bucket() -> None:
    """However long nothing was sent."""
    assert [turn(rate).payable(2_000, 0) for rate in (1, 10, 1_000)] == [1, 2, 151]
    assert turn(None).payable(2_000, 0) == 2_000


def test_eight_requests_are_in_flight_in_all() -> None:
    """Slots of others are not available; expired ones do not count."""
    assert turn().room("me", 0) == 8
    assert turn().room("me", 5) == 3
    assert turn(taken={"you": held(3)}).room("me", 0) == 5
    assert turn(taken={"you": held(8)}).room("me", 0) == 0
    assert turn(taken={"you": held(9), "me": held(4)}).room("me", 4) == 0
    assert turn(taken={"dead": TakenSlots(8, NOW.timestamp(), 0.0)}).room("me", 0) == 8
    assert turn(may_send=False).room("me", 0) == 0


def test_others_make_room_for_a_dispatcher_that_wants_slots() -> None:
    """An even share each, as long as all of them want more."""
    assert turn(taken={"you": held(0, wishes=True)}).room("me", 8) == 0
    assert turn(taken={"you": held(0, wishes=True)}).room("me", 3) == 1
    assert turn(taken={"you": held(1, wishes=True)}).room("me", 0) == 4
    both = {"you": held(2, wishes=True), "they": held(2, wishes=True)}
    assert turn(taken=both).room("me", 0) == 3


def test_all_dispatchers_share_one_probe() -> None:
    """A half-open breaker allows one delivery, in any dispatcher."""
    assert turn(is_probe=True).room("me", 0) == 1
    assert turn(is_probe=True, taken={"you": held(1)}).room("me", 0) == 0
    assert turn(is_probe=True, taken={"you": held(0, wishes=True)}).room("me", 0) == 1


def test_the_turn_after_a_claim() -> None:
    """It shows the slots in flight, and which dispatcher wants more."""
    left = turn(10).after("me", slots=3, tokens=1, wants_more=True)
    assert left.taken == {"me": held(3, wishes=True)}
    assert left.tokens == 1.5
    assert left.after("me", slots=0, tokens=0, wants_more=False).taken == {}


def test_tokens_are_taken_in_groups() -> None:
    """At most twenty times a second, and no more than can be used."""
    assert turn(1_000).bought(8, 0) == 50
    assert turn(1_000).bought(8, 45) == 5
    assert turn(1_000).bought(0, 0) == 0
    assert turn(10).bought(2, 0) == 2
    assert turn(10).bought(1, 1) == 0
    assert turn(None).bought(8, 0) == 0
