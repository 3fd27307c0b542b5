"""Moving windows in the memory of one process.

The asyncio storage of the `limits` library scans all its entries, in a thread, at every request.
"""

import time
from collections import deque
from collections.abc import Callable

from linktime_gateway.domain.limits import Allowance


class MemoryWindows:
    """The times of admitted requests of one limit, by client.

    Clients without a request within the window are dropped.
    """

    def __init__(self, most: int, expiry: int, seconds: Callable[[], float] = time.time) -> None:
        """Admit at most `most` requests within `expiry` seconds."""
        self._most = most
        self._expiry = expiry
        self._seconds = seconds
        # Longest idle first: each request inserts at the end and drops at most two at the front.
        self._windows: dict[str, deque[float]] = {}

    def take(self, who: str) -> Allowance:
        """Use up one request, if one is left; a refused one is not counted."""
        now = self._seconds()
        self._forget(now)
        times = self._within(who, now) or deque()
        taken = len(times) < self._most
        if taken:
            times.append(now)
            self._windows.pop(who, None)
            self._windows[who] = times
        remaining = self._most - len(times) if taken else 0
        return Allowance(self._most, remaining, times[0] + self._expiry - now, taken)

    def look(self, who: str) -> Allowance:
        """Return whether a request is left, without using it up."""
        now = self._seconds()
        times = self._within(who, now)
        oldest, used = (times[0], len(times)) if times else (now, 0)
        remaining = max(self._most - used, 0)
        return Allowance(self._most, remaining, oldest + self._expiry - now, remaining > 0)

    def __len__(self) -> int:
        return len(self._windows)

    def _within(self, who: str, now: float) -> deque[float] | None:
        times = self._windows.get(who)
        if times is None:
            return None
        since = now - self._expiry
        while times and times[0] <= since:
            times.popleft()
        if not times:
            del self._windows[who]
        return times

    def _forget(self, now: float) -> None:
        for _ in range(2):
            longest_idle = next(iter(self._windows), None)
            if longest_idle is None or self._windows[longest_idle][-1] + self._expiry > now:
                return
            del self._windows[longest_idle]
