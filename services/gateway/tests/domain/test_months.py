"""Months of slots as pages contain them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from linktime_gateway.domain.months import following, month_of, shortened, utc_dates


@pytest.mark.parametrize(
    ("day", "month", "after"),
    [
        (date(2026, 11, 28), date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
    ],
)
def test_months(day: date, month: date, after: date) -> None:
    assert (month_of(day), following(month)) == (month, after)


def test_dates_of_all_zones_are_covered() -> None:
    """From +14 to -12, without what has passed."""
    assert utc_dates(date(2026, 11, 1), date(2026, 11, 28)) == (
        date(2026, 11, 27),
        date(2026, 12, 1),
    )
    assert utc_dates(date(2026, 12, 1), date(2026, 11, 28)) == (
        date(2026, 11, 30),
        date(2027, 1, 1),
    )


def test_starts_are_distances() -> None:
    first = datetime(2026, 11, 28, 10, tzinfo=UTC)
    starts = [first, first + timedelta(minutes=30), first + timedelta(hours=24)]
    assert shortened(starts) == [int(first.timestamp()) // 60, 30, 1410]
    assert shortened([]) == []
