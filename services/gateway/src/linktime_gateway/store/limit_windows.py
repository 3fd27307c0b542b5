"""Moving windows in this process's memory, as a storage of the `limits` library.

The library's own storage for asyncio looks through all it holds, in a thread, at every request.
"""

import time
from collections import deque
from collections.abc import Callable

from limits.aio.storage import MemoryStorage


class MemoryWindows(MemoryStorage):
    """The times of what was admitted, by key. Forgets windows whose last time has passed."""

    STORAGE_SCHEME = ["async+linktime-memory"]  # noqa: RUF012 - the library registers it by this

    def __init__(self, seconds: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._seconds = seconds
        # The longest idle first: an insertion at the end, two removals at the front.
        self._windows: dict[str, tuple[float, deque[float]]] = {}

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Admit `amount` more within `expiry` seconds, unless that were more than `limit`."""
        now = self._seconds()
        self._forget(now)
        times = self._within(key, now - expiry)
        if times is None:
            times = deque()
        elif len(times) + amount > limit:
            return False
        self._windows.pop(key, None)
        times.extend([now] * amount)
        self._windows[key] = (now + expiry, times)
        return True

    async def get_moving_window(
        self,
        key: str,
        limit: int,  # noqa: ARG002 - the library's signature
        expiry: int,
    ) -> tuple[float, int]:
        """The oldest time in the window (now, if it is empty), and how many there are."""
        now = self._seconds()
        times = self._within(key, now - expiry)
        return (times[0], len(times)) if times else (now, 0)

    def __len__(self) -> int:
        return len(self._windows)

    def _within(self, key: str, since: float) -> deque[float] | None:
        window = self._windows.get(key)
        if window is None:
            return None
        times = window[1]
        while times and times[0] <= since:
            times.popleft()
        return times

    def _forget(self, now: float) -> None:
        for _ in range(2):
            longest_idle = next(iter(self._windows), None)
            if longest_idle is None or self._windows[longest_idle][0] > now:
                return
            del self._windows[longest_idle]
