"""Several requests that miss one credential at the same time."""

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
    """What the table of keys answers, once the test lets it."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.answers: Callable[[], ApiKeyGrant] = lambda: GRANT

    async def __call__(self) -> ApiKeyGrant:
        self.begun += 1
        answer = self.answers
        await self.may_end.wait()
        return answer()


@pytest.fixture
def cache() -> Cache:
    cache = Cache()
    cache.trust()
    return cache


@pytest.fixture
def reads() -> Reads:
    return Reads()


def ask(cache: Cache, reads: Reads, hashed: bytes = HASH) -> "asyncio.Task[ApiKeyGrant]":
    return asyncio.create_task(look_up(hashed, cache, reads))


async def all_wait() -> None:
    """Let every task run until it waits for something that the test decides."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_reads_and_all_get_what_it_found(cache: Cache, reads: Reads) -> None:
    """However many requests are in flight when a key's time in memory is over."""
    asking = [ask(cache, reads) for _ in range(50)]
    await all_wait()
    assert reads.begun == 1
    reads.may_end.set()
    assert await asyncio.gather(*asking) == [GRANT] * 50
    assert reads.begun == 1


async def test_another_credential_is_not_waited_for(cache: Cache, reads: Reads) -> None:
    """Each is read for itself."""
    slow = ask(cache, reads)
    quick = Reads()
    quick.may_end.set()
    assert await ask(cache, quick, OTHER) is GRANT
    assert not slow.done()
    reads.may_end.set()
    assert await slow is GRANT


async def test_a_refusal_is_not_shared(cache: Cache, reads: Reads) -> None:
    """The key may have been made, or made good again, after the first began to read."""

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
    [lambda cache: cache.forget(GRANT.owner_id), Cache.distrust],
    ids=["owner changed", "changes may be missed"],
)
async def test_what_a_change_made_old_is_not_shared(
    cache: Cache, reads: Reads, change: Callable[[Cache], None]
) -> None:
    """A request after a key was revoked does not get what was read before."""
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


async def test_while_changes_are_missed_each_reads_at_once(reads: Reads) -> None:
    """Nothing is remembered then, so there is nothing to wait for."""
    cache = Cache()
    asking = [ask(cache, reads) for _ in range(3)]
    await all_wait()
    assert reads.begun == 3
    reads.may_end.set()
    assert await asyncio.gather(*asking) == [GRANT] * 3


async def test_a_first_that_goes_away_keeps_nobody_waiting(cache: Cache, reads: Reads) -> None:
    """Its client closed the connection; the others read for themselves."""
    first, second = ask(cache, reads), ask(cache, reads)
    await all_wait()
    first.cancel()
    await eventually(lambda: reads.begun == 2)
    reads.may_end.set()
    assert await second is GRANT
    assert first.cancelled()


async def test_a_read_that_takes_too_long_ends_every_wait(
    cache: Cache, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits longer than for a read of their own."""
    monkeypatch.setattr(module, "LOOK_UP_SECONDS", 0.05)
    asking = [ask(cache, reads) for _ in range(3)]
    for outcome in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(outcome, Unavailable)
    reads.may_end.set()
    assert await ask(cache, reads) is GRANT
