"""How much of each limit is used up, through the `limits` library."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self, cast

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from linktime_common import logs
from linktime_gateway.domain.limits import Allowance, Limit
from linktime_gateway.store.limit_windows import MemoryWindows

STORE_SECONDS = 0.2
# After a failure the store is left alone for this long, so that requests do not all wait for it.
PAUSE_SECONDS = 1.0
LOG_EVERY_SECONDS = 30.0

_UNCOUNTED = Counter(
    "linktime_gateway_uncounted_requests", "Requests let through while the limit store was away"
)
_REFUSED = Counter("linktime_gateway_limited_requests", "Requests refused by a limit", ["limit"])


class Limits:
    """Every limit, counted in moving windows.

    A store that does not answer refuses nobody: until it is back, requests are let through
    uncounted (None instead of an Allowance).
    """

    def __init__(
        self, rates: Mapping[Limit, RateLimitItem], windows: MemoryWindows | RedisStorage
    ) -> None:
        self._rates = {limit: (rate.amount, rate.get_expiry()) for limit, rate in rates.items()}
        self._windows = windows
        self._in_memory = isinstance(windows, MemoryWindows)
        self._paused_until = 0.0
        self._logged_at = -LOG_EVERY_SECONDS

    @classmethod
    @asynccontextmanager
    async def open(
        cls, rates: Mapping[Limit, RateLimitItem], store_url: str | None
    ) -> AsyncIterator[Self]:
        """In memory, or in the Redis-protocol store at `store_url`, shared with other replicas."""
        if store_url is None:
            yield cls(rates, MemoryWindows())
            return
        # Valkey speaks the same protocol; one client does for both.
        storage = RedisStorage(
            f"async+{re.sub('^valkey', 'redis', store_url)}",
            implementation="redispy",
            key_prefix="linktime-limits",
            socket_connect_timeout=STORE_SECONDS,
            socket_timeout=STORE_SECONDS,
        )
        try:
            yield cls(rates, storage)
        finally:
            await cast("Redis", cast("RedispyBridge", storage.bridge).get_connection()).aclose()

    async def take(self, limit: Limit, who: str) -> Allowance | None:
        """Use up one request of `who`, if there is one left; a refused one is not counted."""
        return await self._ask(limit, who, takes=True)

    async def look(self, limit: Limit, who: str) -> Allowance | None:
        """Whether there is one left, using up none."""
        return await self._ask(limit, who, takes=False)

    async def _ask(self, limit: Limit, who: str, *, takes: bool) -> Allowance | None:
        if self._paused_until and time.monotonic() < self._paused_until:
            _UNCOUNTED.inc()
            return None
        try:
            if self._in_memory:
                allowance = await self._count(limit, who, takes=takes)
            else:
                async with asyncio.timeout(STORE_SECONDS):
                    allowance = await self._count(limit, who, takes=takes)
        except (RedisError, OSError, TimeoutError) as error:
            self._pause(error)
            return None
        if not allowance.allowed:
            _REFUSED.labels(limit).inc()
        return allowance

    async def _count(self, limit: Limit, who: str, *, takes: bool) -> Allowance:
        # What the library's MovingWindowRateLimiter does, with the key made once.
        most, seconds = self._rates[limit]
        key = f"{limit.value}/{who}"
        taken = await self._windows.acquire_entry(key, most, seconds) if takes else True
        began, used = await self._windows.get_moving_window(key, most, seconds)
        remaining = max(most - used, 0) if taken else 0
        return Allowance(
            most, remaining, began + seconds - time.time(), taken if takes else remaining > 0
        )

    def _pause(self, error: Exception) -> None:
        now = time.monotonic()
        _UNCOUNTED.inc()
        self._paused_until = now + PAUSE_SECONDS
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            logs.logger().error("the limit store is away; requests are let through", reason=error)
