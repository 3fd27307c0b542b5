"""Moving windows in memory, with a clock that the test turns."""

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
    """Every request gives its place back exactly when its own time is over, not all at once."""
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


def test_an_allowance_says_what_is_left_and_until_when(clock: Clock) -> None:
    """A request that was admitted counts in it; one that was refused leaves nothing."""
    windows = MemoryWindows(2, 60, clock)
    assert windows.look("a") == Allowance(2, 2, 60.0, allowed=True)
    assert windows.take("a") == Allowance(2, 1, 60.0, allowed=True)
    clock.now += 15
    assert windows.look("a") == Allowance(2, 1, 45.0, allowed=True)
    assert windows.take("a") == Allowance(2, 0, 45.0, allowed=True)
    assert windows.take("a") == Allowance(2, 0, 45.0, allowed=False)


def test_a_refused_request_does_not_count(clock: Clock) -> None:
    """Whoever knocks all the time gets in as soon as one who waited."""
    windows = MemoryWindows(1, 60, clock)
    assert windows.take("a").allowed
    for _ in range(120):
        clock.now += 0.499
        assert not windows.take("a").allowed
    clock.now = 1_060.0
    assert windows.take("a").allowed


def test_keys_do_not_share(clock: Clock) -> None:
    """One that is used up leaves the others alone."""
    windows = MemoryWindows(1, 60, clock)
    assert windows.take("a").allowed
    assert not windows.take("a").allowed
    assert windows.take("b").allowed


def test_looking_uses_up_nothing_and_keeps_nothing(clock: Clock) -> None:
    """An address that did nothing wrong takes no memory, and one whose time is over none."""
    windows = MemoryWindows(5, 60, clock)
    assert windows.look("a").allowed
    assert len(windows) == 0
    windows.take("a")
    clock.now += 60
    assert windows.look("a").remaining == 5
    assert len(windows) == 0


def test_idle_windows_are_forgotten(clock: Clock) -> None:
    """Memory follows the number of callers of the last minute, not of all time."""
    windows = MemoryWindows(6_000, 60, clock)
    for caller in range(6_000):
        assert windows.take(f"{caller}").allowed
        assert windows.take("busy").allowed
        clock.now += 0.1
    assert len(windows) <= 602
    assert 6_000 - windows.look("busy").remaining in (599, 600)
