"""Months of slots, as the pages contain them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

MINUTE = 60
DAY = timedelta(days=1)
# The time zones whose dates begin first and last.
FIRST_ZONE, LAST_ZONE = timedelta(hours=14), timedelta(hours=-12)
# In the last days of a month, most visitors look for a time in the next one.
NEAR_END = timedelta(days=7)


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def following(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def first_months(now: datetime) -> list[date]:
    """Return the months whose slots the page contains, whatever it has free.

    They are the present month in UTC and in the zone whose dates begin last, and the next one if
    the month ends soon.
    """
    utc = now.astimezone(UTC)
    instants = (utc + LAST_ZONE, utc, utc + NEAR_END)
    return list(dict.fromkeys(month_of(one.date()) for one in instants))


def has_start(month: date, starts: Sequence[datetime]) -> bool:
    """Return whether the first of the starts is before the month ends in every zone."""
    ends = datetime.combine(following(month), time.min, UTC) - FIRST_ZONE
    return bool(starts) and starts[0] < ends


def of_month(month: date, starts: Iterable[datetime]) -> list[datetime]:
    """Return those of the starts that are in the month in some zone."""
    begins, ends = (datetime.combine(one, time.min, UTC) for one in (month, following(month)))
    return [start for start in starts if begins - FIRST_ZONE <= start < ends - LAST_ZONE]


def utc_dates(first: date, last: date, today: date) -> tuple[date, date]:
    """Return the UTC dates that contain all slots of the months that can still be booked.

    In some time zones a date begins or ends a day earlier or later than in UTC.
    """
    return max(first - DAY, today - DAY), following(last)


def shortened(starts: Iterable[datetime]) -> list[int]:
    """Return the first start in minutes since 1970, then each one's distance to the previous."""
    return list(_distances(starts))


def _distances(starts: Iterable[datetime]) -> Iterator[int]:
    previous = 0
    for start in starts:
        minute = int(start.timestamp()) // MINUTE
        yield minute - previous
        previous = minute
