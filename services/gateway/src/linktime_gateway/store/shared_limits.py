"""Rate limit counters in a shared store, with the `limits` library; imported on demand."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from linktime_common import logs
from linktime_gateway.domain.limits import Allowance, Limit
from linktime_gateway.store.limits import REFUSED, UNCOUNTED

STORE_SECONDS = 0.2
# After a failure the store is not used for this long, so that requests do not wait for it.
PAUSE_SECONDS = 1.0
LOG_EVERY_SECONDS = 30.0
MOST_PROBES = 1000  # in a second, of all gateways
NOT_LIMITED = (
    "requests and failed checks of keys are not limited, because the limit store "
    "(GATEWAY_LIMIT_STORE_URL) cannot be used"
)


@asynccontextmanager
async def open_shared_limits(
    rates: Mapping[Limit, RateLimitItem], store_url: str
) -> AsyncIterator["SharedLimits"]:
    """Connect to the store when it is first used."""
    # Valkey uses the same protocol, so the Redis client works for both.
    storage = RedisStorage(
        f"async+{re.sub('^valkey', 'redis', store_url)}",
        implementation="redispy",
        key_prefix="linktime-limits",
        socket_connect_timeout=STORE_SECONDS,
        socket_timeout=STORE_SECONDS,
    )
    try:
        yield SharedLimits(rates, storage)
    finally:
        await cast("Redis", cast("RedispyBridge", storage.bridge).get_connection()).aclose()


class SharedLimits:
    """Counters in a shared store.

    While the store is unavailable, requests are admitted uncounted.
    """

    def __init__(self, rates: Mapping[Limit, RateLimitItem], storage: RedisStorage) -> None:
        self._rates = {limit: (rate.amount, rate.get_expiry()) for limit, rate in rates.items()}
        self._storage = storage
        self._paused_until = 0.0
        self._logged_at = -LOG_EVERY_SECONDS

    async def take(self, limit: Limit, who: str) -> Allowance | None:
        """See `Limits`."""
        return await self._try_count(limit, who, takes=True)

    async def look(self, limit: Limit, who: str) -> Allowance | None:
        """See `Limits`."""
        return await self._try_count(limit, who, takes=False)

    async def problem(self) -> str | None:
        """See `Limits`."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                # Written as counting does: a full or read-only store answers a PING. What is over
                # the limit would not be written.
                await self._storage.acquire_entry("readiness", MOST_PROBES, 1)
        except (RedisError, OSError, TimeoutError):
            return NOT_LIMITED
        return None

    async def _try_count(self, limit: Limit, who: str, *, takes: bool) -> Allowance | None:
        if self._paused_until and time.monotonic() < self._paused_until:
            UNCOUNTED.inc()
            return None
        try:
            async with asyncio.timeout(STORE_SECONDS):
                allowance = await self._count(limit, who, takes=takes)
        except (RedisError, OSError, TimeoutError) as error:
            self._pause(error)
            return None
        if not allowance.allowed:
            REFUSED.labels(limit).inc()
        return allowance

    async def _count(self, limit: Limit, who: str, *, takes: bool) -> Allowance:
        # As the library's MovingWindowRateLimiter, but building the key only once.
        most, seconds = self._rates[limit]
        key = f"{limit.value}/{who}"
        taken = await self._storage.acquire_entry(key, most, seconds) if takes else True
        began, used = await self._storage.get_moving_window(key, most, seconds)
        remaining = max(most - used, 0) if taken else 0
        return Allowance(
            most, remaining, began + seconds - time.time(), taken if takes else remaining > 0
        )

    def _pause(self, error: Exception) -> None:
        now = time.monotonic()
        UNCOUNTED.inc()
        self._paused_until = now + PAUSE_SECONDS
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            logs.logger().warning(
                "limit store is unavailable; requests are not limited", reason=error
            )
