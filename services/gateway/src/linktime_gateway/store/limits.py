"""Rate limit counters, in memory or in a shared store."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from limits import RateLimitItem
from prometheus_client import Counter

from linktime_gateway.domain.limits import Allowance, Limit
from linktime_gateway.store.limit_windows import MemoryWindows

REFUSED = Counter("linktime_gateway_limited_requests", "Requests refused by a limit", ["limit"])
UNCOUNTED = Counter(
    "linktime_gateway_uncounted_requests", "Requests admitted while the limit store was unavailable"
)


class Limits(Protocol):
    """Counts requests in moving windows; None means that a request is admitted uncounted."""

    async def take(self, limit: Limit, who: str) -> Allowance | None:
        """Use up one request of `who`, if one is left; a refused one is not counted."""

    async def look(self, limit: Limit, who: str) -> Allowance | None:
        """Return whether a request is left, without using it up."""

    async def problem(self) -> str | None:
        """Return why nothing is limited now, as a sentence without a full stop, or None."""


@asynccontextmanager
async def open_limits(
    rates: Mapping[Limit, RateLimitItem], store_url: str | None
) -> AsyncIterator[Limits]:
    """Count in memory, or in the Redis-compatible store at `store_url`, shared by all replicas."""
    if store_url is None:
        yield MemoryLimits(rates)
        return
    # The client of the store takes a tenth of a start, and imports what records traces.
    from linktime_gateway.store.shared_limits import open_shared_limits  # noqa: PLC0415

    async with open_shared_limits(rates, store_url) as shared:
        yield shared


class MemoryLimits:
    """Counters of this process alone."""

    def __init__(self, rates: Mapping[Limit, RateLimitItem]) -> None:
        self._windows = {
            limit: MemoryWindows(rate.amount, rate.get_expiry()) for limit, rate in rates.items()
        }

    async def take(self, limit: Limit, who: str) -> Allowance | None:
        """See `Limits`."""
        allowance = self._windows[limit].take(who)
        if not allowance.allowed:
            REFUSED.labels(limit).inc()
        return allowance

    async def look(self, limit: Limit, who: str) -> Allowance | None:
        """See `Limits`."""
        allowance = self._windows[limit].look(who)
        if not allowance.allowed:
            REFUSED.labels(limit).inc()
        return allowance

    async def problem(self) -> str | None:
        """See `Limits`."""
        return None
