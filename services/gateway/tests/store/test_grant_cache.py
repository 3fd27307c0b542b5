"""Caching and invalidation of grants."""

from collections.abc import Callable
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_gateway.domain.credentials import ApiKeyGrant
from linktime_gateway.store import grant_cache
from linktime_gateway.store.grant_cache import LIFETIME_SECONDS, GrantCache

HASH = b"h" * 32
USER = new_id()


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def cache(time: Time) -> GrantCache[ApiKeyGrant]:
    cache = GrantCache(time)
    cache.enable()
    return cache


def grant(user_id: UUID = USER) -> ApiKeyGrant:
    return ApiKeyGrant(new_id(), user_id, Plan.PRO, None)


def keep(
    cache: GrantCache[ApiKeyGrant], key_hash: bytes = HASH, user_id: UUID = USER
) -> ApiKeyGrant:
    kept = grant(user_id)
    with cache.filling(key_hash) as fill:
        cache.keep(fill, key_hash, kept)
    return kept


def test_a_cached_grant_is_found(cache: GrantCache[ApiKeyGrant]) -> None:
    """By its hash."""
    assert cache.get(HASH) is None
    kept = keep(cache)
    assert cache.get(HASH) is kept
    assert cache.get(b"other") is None


def test_an_entry_expires_thirty_seconds_after_its_look_up_started(
    cache: GrantCache[ApiKeyGrant], time: Time
) -> None:
    """This bounds the effect of a missed notification."""
    with cache.filling(HASH) as fill:
        time.now += 5
        cache.keep(fill, HASH, grant())
    time.now += LIFETIME_SECONDS - 5.001
    assert cache.get(HASH) is not None
    time.now += 0.002
    assert cache.get(HASH) is None
    assert len(cache) == 0


def test_a_change_drops_the_users_keys_and_no_others(cache: GrantCache[ApiKeyGrant]) -> None:
    """All keys of that user, none of another."""
    other = new_id()
    keep(cache, b"1")
    keep(cache, b"2")
    keep(cache, b"3", other)
    cache.forget(USER)
    assert [cache.get(key) is None for key in (b"1", b"2", b"3")] == [True, True, False]


@pytest.mark.parametrize(
    "changes",
    [
        [lambda cache: cache.forget(USER)],
        [GrantCache.disable],
        [GrantCache.enable],
        [GrantCache.disable, GrantCache.enable],
    ],
    ids=["user changed", "missed", "received again", "missed for a while"],
)
def test_a_look_up_started_before_a_change_is_not_cached(
    cache: GrantCache[ApiKeyGrant], changes: list[Callable[[GrantCache[ApiKeyGrant]], None]]
) -> None:
    """It may have read the previous state."""
    with cache.filling(HASH) as fill:
        for change in changes:
            change(cache)
        cache.keep(fill, HASH, grant())
    assert cache.get(HASH) is None


def test_a_change_of_another_user_does_not_affect_a_look_up(
    cache: GrantCache[ApiKeyGrant],
) -> None:
    """Otherwise frequent changes would keep the cache empty."""
    with cache.filling(HASH) as fill:
        cache.forget(new_id())
        cache.keep(fill, HASH, grant())
    assert cache.get(HASH) is not None


def test_nothing_is_cached_while_changes_may_be_missed(cache: GrantCache[ApiKeyGrant]) -> None:
    """Without its listener the cache stays empty."""
    keep(cache)
    cache.disable()
    assert cache.get(HASH) is None
    keep(cache)
    assert cache.get(HASH) is None
    cache.enable()
    keep(cache)
    assert cache.get(HASH) is not None


def test_a_new_cache_is_disabled() -> None:
    """Until a listener enables it."""
    cache = GrantCache()
    keep(cache)
    assert cache.get(HASH) is None


def test_its_size_is_bounded(
    cache: GrantCache[ApiKeyGrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest entry is dropped first; caching a grant again replaces it."""
    monkeypatch.setattr(grant_cache, "MOST_ENTRIES", 3)
    for name in (b"1", b"2", b"3", b"4"):
        keep(cache, name, new_id())
    assert len(cache) == 3
    assert cache.get(b"1") is None
    assert cache.get(b"4") is not None
