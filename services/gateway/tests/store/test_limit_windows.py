"""Moving windows in memory, with a clock that the test turns."""

import pytest

from linktime_gateway.store.limit_windows import MemoryWindows


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_the_window_moves_with_each_request(clock: Clock) -> None:
    """Every request gives its place back exactly when its own time is over, not all at once."""
    windows = MemoryWindows(clock)
    for _ in range(3):
        assert await windows.acquire_entry("a", 3, 60)
        clock.now += 10
    assert not await windows.acquire_entry("a", 3, 60)  # 1030
    assert await windows.get_moving_window("a", 3, 60) == (1_000.0, 3)
    clock.now = 1_059.9
    assert not await windows.acquire_entry("a", 3, 60)
    clock.now = 1_060.0
    assert await windows.acquire_entry("a", 3, 60)
    assert not await windows.acquire_entry("a", 3, 60)
    assert await windows.get_moving_window("a", 3, 60) == (1_010.0, 3)


async def test_a_refused_request_does_not_count(clock: Clock) -> None:
    """Whoever knocks all the time gets in as soon as one who waited."""
    windows = MemoryWindows(clock)
    assert await windows.acquire_entry("a", 1, 60)
    for _ in range(120):
        clock.now += 0.499
        assert not await windows.acquire_entry("a", 1, 60)
    clock.now = 1_060.0
    assert await windows.acquire_entry("a", 1, 60)


async def test_keys_do_not_share(clock: Clock) -> None:
    """One that is used up leaves the others alone."""
    windows = MemoryWindows(clock)
    assert await windows.acquire_entry("a", 1, 60)
    assert not await windows.acquire_entry("a", 1, 60)
    assert await windows.acquire_entry("b", 1, 60)


async def test_looking_uses_up_nothing_and_keeps_nothing(clock: Clock) -> None:
    """An address that did nothing wrong takes no memory."""
    windows = MemoryWindows(clock)
    assert await windows.get_moving_window("a", 5, 60) == (1_000.0, 0)
    assert len(windows) == 0


async def test_idle_windows_are_forgotten(clock: Clock) -> None:
    """Memory follows the number of callers of the last minute, not of all time."""
    windows = MemoryWindows(clock)
    for caller in range(6_000):
        assert await windows.acquire_entry(f"{caller}", 60, 60)
        await windows.acquire_entry("busy", 6_000, 60)
        clock.now += 0.1
    assert len(windows) <= 602
    assert (await windows.get_moving_window("busy", 6_000, 60))[1] in (599, 600)
