"""Between a zone's wall clock and the epoch: the only place where the two meet.

Everything else counts whole seconds since 1970 (UTC), half-open intervals of them, and days by
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


# Hosts of one zone keep much the same hours of the same days: few edges are converted twice.
@lru_cache(maxsize=16_384)
def instant(zone: ZoneInfo, day: int, minute: int = 0) -> int:
    """When the wall clock of `zone` shows `minute` of `day`, in epoch seconds.

    `minute` may run on past 1440 into the following days. As in RFC 5545, 3.3.5: a time that
    occurs twice is its first occurrence; one that never occurs is read with the offset in force
    before the jump. Both are what `fold=0` means to zoneinfo.
    """
    if minute >= DAY_MINUTES:
        day += minute // DAY_MINUTES
        minute %= DAY_MINUTES
    # Past the end of the calendar, where the last day's midnight lies, the offset stays its last.
    wall = datetime.combine(date.fromordinal(min(day, _LAST_DAY)), _TIMES[minute], zone)
    return (day - EPOCH_DAY) * DAY + minute * MINUTE - _offset(wall)


def local_day(zone: ZoneInfo, moment: float) -> int:
    """The day the calendar of `zone` shows at an instant given in epoch seconds."""
    return datetime.fromtimestamp(moment, zone).toordinal()


def day_span(zone: ZoneInfo, day: int) -> Span:
    """The instants of a whole local day; empty if the zone skipped that day."""
    return instant(zone, day), instant(zone, day + 1)


def dates_span(zone: ZoneInfo, first: date, last: date) -> Span:
    """The instants of the local dates from `first` to `last`, both inclusive."""
    return instant(zone, first.toordinal()), instant(zone, last.toordinal() + 1)


def days_that_occur(zone: ZoneInfo, first: int, last: int) -> Sequence[int]:
    """The days from `first` to `last` less those the zone skipped, as Samoa did 2011-12-30."""
    days = range(first, last + 1)
    elapsed = instant(zone, last + 1) - instant(zone, first)
    if elapsed > len(days) * DAY - DAY // 2:  # no other change of a clock takes half a day
        return days
    return [day for day in days if instant(zone, day) < instant(zone, day + 1)]


def steady_offset(zone: ZoneInfo, moment: int) -> tuple[int, int]:
    """The offset at an instant, in seconds east of UTC, and an instant until which it stays.

    That is the end of the UTC day, or the instant within it when the offset changes.
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
    assert offset is not None  # noqa: S101  a datetime with a ZoneInfo has one; mypy cannot know
    return offset.days * DAY + offset.seconds
