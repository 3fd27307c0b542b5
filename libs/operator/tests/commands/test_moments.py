"""Instants and dates as options."""

from datetime import UTC, datetime

import click
import pytest

from linktime_operator.commands.moments import MomentParameter

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "begin", "end"),
    [
        ("2030-01-01", NEW_YEAR, datetime(2030, 1, 2, tzinfo=UTC)),
        ("2028-02-29", datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        ("2030-01-01T02:00:00+02:00", NEW_YEAR, NEW_YEAR),
    ],
)
def test_a_date_is_a_whole_day_in_utc(given: str, begin: datetime, end: datetime) -> None:
    """An instant stays itself."""
    assert MomentParameter(date_means="begin").convert(given, None, None) == begin
    assert MomentParameter(date_means="end").convert(given, None, None) == end


def test_the_last_day_ends_with_the_last_instant() -> None:
    """Which every service accepts."""
    last = MomentParameter(date_means="end").convert("9999-12-31", None, None)
    assert last == datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize("given", ["2030-02-30", "2030-1-1", "tomorrow", "2030-01-01T00:00:00"])
def test_neither_a_date_nor_an_instant_is_refused(given: str) -> None:
    """With the reason."""
    with pytest.raises(click.BadParameter):
        MomentParameter(date_means="end").convert(given, None, None)


def test_an_option_for_an_exact_instant_takes_no_date() -> None:
    """Such as the new start of a booking."""
    with pytest.raises(click.BadParameter, match="Expected an ISO 8601 date and time"):
        MomentParameter().convert("2030-01-01", None, None)
