"""Moving windows in memory, with a clock that the test sets."""

import pytest

from linktime_gateway.domain.limits import Allowance
from linktime_gateway.store.limit_windows import MemoryWindows


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_window_moves_with_each_request(clock: Clock) -> None:
    """Each request expires separately."""
    windows = MemoryWindows(3, 60, clock)
    for _ in range(3):
        assert windows.take("a").allowed
        clock.now += 10
    assert not windows.take("a").allowed  # 1030
    assert windows.look("a") == Allowance(3, 0, 30.0, allowed=False)
    clock.now = 1_059.75
    assert not windows.take("a").allowed
    clock.now = 1_060.0
    assert windows.take("a").allowed
    assert not windows.take("a").allowed
    assert windows.look("a") == Allowance(3, 0, 10.0, allowed=False)


def test_an_allowance_has_the_remaining_requests_and_seconds(clock: Clock) -> None:
    """An admitted request is included; after a refusal none are left."""
    windows = MemoryWindows(2, 60, clock)
    assert windows.look("a") == Allowance(2, 2, 60.0, allowed=True)
    assert windows.take("a") == Allowance(2, 1, 60.0, allowed=True)
    clock.now += 15
    assert windows.look("a") == Allowance(2, 1, 45.0, allowed=True)
    assert windows.take("a") == Allowance(2, 0, 45.0, allowed=True)
    assert windows.take("a") == Allowance(2, 0, 45.0, allowed=False)


def test_a_refused_request_does_not_count(clock: Clock) -> None:
    """Constant retries are admitted as early as waiting."""
    windows = MemoryWindows(1, 60, clock)
    assert windows.take("a").allowed
    for _ in range(120):
        clock.now += 0.499
        assert not windows.take("a").allowed
    clock.now = 1_060.0
    assert windows.take("a").allowed


def test_keys_have_separate_windows(clock: Clock) -> None:
    """One that is used up does not affect others."""
    windows = MemoryWindows(1, 60, clock)
    assert windows.take("a").allowed
    assert not windows.take("a").allowed
    assert windows.take("b").allowed


def test_look_uses_up_and_stores_nothing(clock: Clock) -> None:
    """Addresses without failures use no memory, and expired ones are dropped."""
    windows = MemoryWindows(5, 60, clock)
    assert windows.look("a").allowed
    assert len(windows) == 0
    windows.take("a")
    clock.now += 60
    assert windows.look("a").remaining == 5
    assert len(windows) == 0


def test_idle_windows_are_dropped(clock: Clock) -> None:
    """Memory depends on the number of clients in the last minute only."""
    windows = MemoryWindows(6_000, 60, clock)
    for caller in range(6_000):
        assert windows.take(f"{caller}").allowed
        assert windows.take("busy").allowed
        clock.now += 0.1
    assert len(windows) <= 602
    assert 6_000 - windows.look("busy").remaining in (599, 600)
