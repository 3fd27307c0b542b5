"""Months of slots, as the pages contain them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

MINUTE = 60
DAY = timedelta(days=1)
# The time zones whose dates begin first and last.
FIRST_ZONE, LAST_ZONE = timedelta(hours=14), timedelta(hours=-12)


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def following(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def starts_in(month: date, starts: Sequence[int]) -> bool:
    """Return whether the first of the `shortened` starts is before the month ends, in any zone."""
    ends = datetime.combine(following(month), time.min, UTC) - FIRST_ZONE
    return bool(starts) and starts[0] * MINUTE < ends.timestamp()


def present_months(now: datetime) -> set[date]:
    """Return the months that it is now in UTC and in the zone whose dates begin last."""
    utc = now.astimezone(UTC)
    return {month_of(utc.date()), month_of((utc + LAST_ZONE).date())}


def utc_dates(month: date, today: date) -> tuple[date, date]:
    """Return the UTC dates that contain all slots of the month that can still be booked.

    In some time zones a date begins or ends a day earlier or later than in UTC.
    """
    return max(month - DAY, today - DAY), following(month)


def shortened(starts: Iterable[datetime]) -> list[int]:
    """Return the first start in minutes since 1970, then each one's distance to the previous."""
    return list(_distances(starts))


def _distances(starts: Iterable[datetime]) -> Iterator[int]:
    previous = 0
    for start in starts:
        minute = int(start.astimezone(UTC).timestamp()) // MINUTE
        yield minute - previous
        previous = minute
