"""Which refusals are logged, and which are only counted."""

from linktime_gateway.domain.refusals import MOST_KINDS, RefusalCounts, RefusalKind

KEY = RefusalKind("192.0.2.1", 401, "invalid_api_key")


def test_the_first_of_each_kind_is_logged_and_the_others_counted() -> None:
    """The next period begins from nothing."""
    counts = RefusalCounts()
    elsewhere = KEY._replace(client="192.0.2.2")
    limited = KEY._replace(status=429, reason="rate_limited")
    kinds = [KEY, KEY, elsewhere, KEY, limited]
    assert [counts.is_first(kind) for kind in kinds] == [True, False, True, False, True]
    assert counts.take() == ({KEY: 2}, 0)
    assert counts.is_first(KEY)
    assert counts.take() == ({}, 0)


def test_a_flood_from_many_addresses_is_one_number() -> None:
    """The number of separately counted kinds is limited; known kinds are still counted."""
    counts = RefusalCounts()
    flood = [KEY._replace(client=f"10.0.{n // 256}.{n % 256}") for n in range(MOST_KINDS + 500)]
    assert sum(counts.is_first(kind) for kind in flood) == MOST_KINDS
    assert not counts.is_first(flood[0])
    assert counts.take() == ({flood[0]: 1}, 500)
    assert counts.is_first(flood[-1])
