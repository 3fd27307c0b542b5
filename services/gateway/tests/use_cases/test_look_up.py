"""Concurrent look-ups of one credential."""

import asyncio
from collections.abc import Callable

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_gateway.domain.credentials import ApiKeyGrant
from linktime_gateway.domain.errors import InvalidApiKey
from linktime_gateway.store.grant_cache import GrantCache
from linktime_gateway.use_cases import look_up as module
from linktime_gateway.use_cases.look_up import look_up
from linktime_local.testing.waiting import eventually

HASH, OTHER = b"h" * 32, b"o" * 32
GRANT = ApiKeyGrant(new_id(), new_id(), Plan.PRO, None)
Cache = GrantCache[ApiKeyGrant]


class Reads:
    """A table of keys that responds when the test allows it."""

    def __init__(self) -> None:
        self.started = 0
        self.may_end = asyncio.Event()
        self.answers: Callable[[], ApiKeyGrant] = lambda: GRANT

    async def __call__(self) -> ApiKeyGrant:
        self.started += 1
        answer = self.answers
        await self.may_end.wait()
        return answer()


@pytest.fixture
def cache() -> Cache:
    cache = Cache()
    cache.enable()
    return cache


@pytest.fixture
def reads() -> Reads:
    return Reads()


def ask(cache: Cache, reads: Reads, hashed: bytes = HASH) -> "asyncio.Task[ApiKeyGrant]":
    return asyncio.create_task(look_up(hashed, cache, reads))


async def all_wait() -> None:
    """Run every task until it waits for the test."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_concurrent_look_ups_read_once(cache: Cache, reads: Reads) -> None:
    """All get the result of one read."""
    asking = [ask(cache, reads) for _ in range(50)]
    await all_wait()
    assert reads.started == 1
    reads.may_end.set()
    assert await asyncio.gather(*asking) == [GRANT] * 50
    assert reads.started == 1


async def test_another_credential_is_read_separately(cache: Cache, reads: Reads) -> None:
    """Without waiting."""
    slow = ask(cache, reads)
    quick = Reads()
    quick.may_end.set()
    assert await ask(cache, quick, OTHER) is GRANT
    assert not slow.done()
    reads.may_end.set()
    assert await slow is GRANT


async def test_a_refusal_is_not_shared(cache: Cache, reads: Reads) -> None:
    """The key may have been created after the first read started."""

    def refuse() -> ApiKeyGrant:
        raise InvalidApiKey

    reads.answers = refuse
    first = ask(cache, reads)
    await all_wait()
    reads.answers = lambda: GRANT
    others = [ask(cache, reads) for _ in range(3)]
    await all_wait()
    reads.may_end.set()
    with pytest.raises(InvalidApiKey):
        await first
    assert await asyncio.gather(*others) == [GRANT] * 3


@pytest.mark.parametrize(
    "change",
    [lambda cache: cache.forget(GRANT.owner_id), Cache.disable],
    ids=["owner changed", "changes may be missed"],
)
async def test_an_outdated_result_is_not_shared(
    cache: Cache, reads: Reads, change: Callable[[Cache], None]
) -> None:
    """A request after a revocation does not get an earlier read."""
    first = ask(cache, reads)
    await all_wait()
    change(cache)

    def refuse() -> ApiKeyGrant:
        raise InvalidApiKey

    reads.answers = refuse
    second = ask(cache, reads)
    await all_wait()
    reads.may_end.set()
    assert await first is GRANT
    with pytest.raises(InvalidApiKey):
        await second


async def test_without_caching_each_reads_immediately(reads: Reads) -> None:
    """There is no shared result to wait for."""
    cache = Cache()
    asking = [ask(cache, reads) for _ in range(3)]
    await all_wait()
    assert reads.started == 3
    reads.may_end.set()
    assert await asyncio.gather(*asking) == [GRANT] * 3


async def test_a_cancelled_first_read_does_not_block_others(cache: Cache, reads: Reads) -> None:
    """Its client disconnected; the others read separately."""
    first, second = ask(cache, reads), ask(cache, reads)
    await all_wait()
    first.cancel()
    await eventually(lambda: reads.started == 2)
    reads.may_end.set()
    assert await second is GRANT
    assert first.cancelled()


async def test_a_read_that_times_out_ends_every_wait(
    cache: Cache, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting has the same timeout as reading."""
    monkeypatch.setattr(module, "LOOK_UP_SECONDS", 0.05)
    asking = [ask(cache, reads) for _ in range(3)]
    for outcome in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(outcome, Unavailable)
    reads.may_end.set()
    assert await ask(cache, reads) is GRANT
