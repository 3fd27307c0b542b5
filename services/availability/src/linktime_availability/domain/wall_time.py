"""Conversions between wall time and epoch seconds.

All other modules use whole seconds since 1970 (UTC), half-open intervals of them, and days by
their proleptic ordinal (`date.toordinal()`).
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[int, int]

MINUTE = 60
DAY = 86_400
DAY_MINUTES = 1440

EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal()
_TIMES = tuple(time(minute // 60, minute % 60) for minute in range(DAY_MINUTES))


# Cached: hosts of one zone share most hours and dates.
@lru_cache(maxsize=16_384)
def instant(zone: ZoneInfo, day: int, minute: int = 0) -> int:
    """Return the epoch seconds at which the wall clock of `zone` shows `minute` of `day`.

    `minute` may exceed 1440, into the following days. As in RFC 5545, 3.3.5: a time that occurs
    twice is its first occurrence; one that never occurs is read with the offset in force before
    the jump. zoneinfo does both with `fold=0`.
    """
    if minute >= DAY_MINUTES:
        day += minute // DAY_MINUTES
        minute %= DAY_MINUTES
    # The midnight after the last day of the calendar has the last day's offset.
    wall = datetime.combine(date.fromordinal(min(day, _LAST_DAY)), _TIMES[minute], zone)
    return (day - EPOCH_DAY) * DAY + minute * MINUTE - _offset(wall)


def local_day(zone: ZoneInfo, moment: float) -> int:
    """Return the local day of `zone` at an instant in epoch seconds."""
    return datetime.fromtimestamp(moment, zone).toordinal()


def day_span(zone: ZoneInfo, day: int) -> Span:
    """Return the span of a local day; empty if the zone skipped that day."""
    return instant(zone, day), instant(zone, day + 1)


def dates_span(zone: ZoneInfo, first: date, last: date) -> Span:
    """Return the span of the local dates from `first` to `last`, both inclusive."""
    return instant(zone, first.toordinal()), instant(zone, last.toordinal() + 1)


def days_that_occur(zone: ZoneInfo, first: int, last: int) -> Sequence[int]:
    """Return the days from `first` to `last` that the zone did not skip, as Samoa 2011-12-30."""
    days = range(first, last + 1)
    elapsed = instant(zone, last + 1) - instant(zone, first)
    if elapsed > len(days) * DAY - DAY // 2:  # no other clock change is as long as half a day
        return days
    return [day for day in days if instant(zone, day) < instant(zone, day + 1)]


def steady_offset(zone: ZoneInfo, moment: int) -> tuple[int, int]:
    """Return the UTC offset at an instant, in seconds, and an instant until which it applies.

    This is the end of the UTC day, or the instant within it when the offset changes.
    """
    rest_of_day = range(moment, moment - moment % DAY + DAY)
    offset = _offset(datetime.fromtimestamp(moment, zone))
    if offset == _offset(datetime.fromtimestamp(rest_of_day.stop, zone)):
        return offset, rest_of_day.stop

    def has_changed(at: int) -> bool:
        return _offset(datetime.fromtimestamp(at, zone)) != offset

    return offset, moment + bisect_left(rest_of_day, True, key=has_changed)


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None  # noqa: S101  aware datetimes have an offset
    return offset.days * DAY + offset.seconds
