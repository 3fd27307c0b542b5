"""Months of slots as pages contain them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from linktime_gateway.domain.months import (
    first_months,
    following,
    has_start,
    month_of,
    of_month,
    shortened,
    utc_dates,
)


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
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    assert utc_dates(november, november, date(2026, 11, 28)) == (
        date(2026, 11, 27),
        date(2026, 12, 1),
    )
    assert utc_dates(december, december, date(2026, 11, 28)) == (
        date(2026, 11, 30),
        date(2027, 1, 1),
    )


@pytest.mark.parametrize(
    ("start", "is_in"),
    [
        (datetime(2026, 11, 30, 9, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 10, tzinfo=UTC), False),  # December in Kiritimati
        (datetime(2026, 12, 1, 10, tzinfo=UTC), False),
    ],
)
def test_a_start_in_the_month_of_every_zone(start: datetime, is_in: bool) -> None:
    assert has_start(date(2026, 11, 1), [start]) is is_in
    assert not has_start(date(2026, 11, 1), [])


def test_the_first_months_depend_on_the_zone_and_the_days_left() -> None:
    """For half a day the month before has not ended west of Greenwich."""
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    assert first_months(datetime(2026, 11, 23, 23, tzinfo=UTC)) == [november]
    assert first_months(datetime(2026, 11, 24, tzinfo=UTC)) == [november, december]
    assert first_months(datetime(2026, 12, 1, 11, tzinfo=UTC)) == [november, december]
    assert first_months(datetime(2026, 12, 1, 12, tzinfo=UTC)) == [december]


def test_the_starts_of_a_month_are_those_of_every_zone() -> None:
    """Some starts are in two months."""
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    hours = (9, 10, 23, 24 + 11, 24 + 12)
    starts = [datetime(2026, 11, 30, tzinfo=UTC) + timedelta(hours=hour) for hour in hours]
    assert of_month(november, starts) == starts[:4]
    assert of_month(december, starts) == starts[1:]


def test_starts_are_distances() -> None:
    first = datetime(2026, 11, 28, 10, tzinfo=UTC)
    starts = [first, first + timedelta(minutes=30), first + timedelta(hours=24)]
    assert shortened(starts) == [int(first.timestamp()) // 60, 30, 1410]
    assert shortened([]) == []
