"""A cache of seconds: one read for all who ask at once, and none for failures."""

import asyncio

import pytest

from linktime_common.errors import Unavailable
from linktime_gateway.clients.short_cache import ShortCache


class Source:
    def __init__(self) -> None:
        self.reads = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def read(self) -> int:
        self.reads += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return self.reads


def cache_at(now: list[float], most: int = 10) -> ShortCache[int]:
    return ShortCache(2.0, most, lambda: now[0])


async def test_a_value_is_read_once_in_its_lifetime() -> None:
    """Which counts from the start of the read."""
    now, source = [0.0], Source()
    source.go.set()
    cache = cache_at(now)
    assert [await cache.get("a", source.read) for _ in range(3)] == [1, 1, 1]
    now[0] = 2.0
    assert await cache.get("a", source.read) == 2


async def test_those_who_wait_fail_with_the_reader() -> None:
    """Nobody of them reads, and the failure is not kept."""
    source = Source()
    cache = cache_at([0.0])
    waiting = [asyncio.ensure_future(cache.get("a", source.read)) for _ in range(5)]
    await asyncio.sleep(0)
    source.error = Unavailable("away")
    source.go.set()
    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in failed)
    assert source.reads == 1
    source.error = None
    assert await cache.get("a", source.read) == 2


async def test_those_who_wait_have_the_result_of_a_slow_read() -> None:
    """Also if it took longer than the lifetime; the next one reads again."""
    now, source = [0.0], Source()
    cache = cache_at(now)
    waiting = [asyncio.ensure_future(cache.get("a", source.read)) for _ in range(5)]
    await asyncio.sleep(0)
    now[0] = 2.5
    source.go.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1, 1, 1]
    assert await cache.get("a", source.read) == 2


async def test_another_reads_when_the_reader_leaves() -> None:
    """Its client has disconnected."""
    source = Source()
    cache = cache_at([0.0])
    first, second = (asyncio.ensure_future(cache.get("a", source.read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.go.set()
    assert await second == 2
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_the_oldest_value_leaves_a_full_cache() -> None:
    """So its memory is limited."""
    source = Source()
    source.go.set()
    cache = cache_at([0.0], most=2)
    for key in ("a", "b", "a", "c", "a"):
        await cache.get(key, source.read)
    assert source.reads == 4  # a, b, c, and a again
