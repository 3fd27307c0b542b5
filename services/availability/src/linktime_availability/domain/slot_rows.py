"""Free starts as an invitee reads them: local date and time, and the two instants in UTC."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

import orjson

from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, steady_offset

_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))


class SlotRow(TypedDict):
    """`date` (YYYY-MM-DD) and `time` (HH:MM) in the asked zone; ISO 8601 instants ending in Z."""

    date: str
    time: str
    startTime: str
    endTime: str


def slot_rows(starts: Sequence[int], duration: int, zone: ZoneInfo) -> list[SlotRow]:
    """A row for each start, read in `zone`. Starts are epoch seconds, ascending."""
    days = _steady_days(starts, zone)
    return [row for offset, some in days for row in _rows(some, duration, offset)]


def slot_json(starts: Sequence[int], duration: int, zone: ZoneInfo) -> Iterator[bytes]:
    """The same rows as JSON objects with commas between, a day's at a time."""
    for offset, some in _steady_days(starts, zone):
        yield _json(tuple(some), duration, offset)


def _steady_days(starts: Sequence[int], zone: ZoneInfo) -> Iterator[tuple[int, Sequence[int]]]:
    """The starts by UTC day, and by less where the offset changes; each with its offset."""
    first = 0
    while first < len(starts):
        offset, steady_until = steady_offset(zone, starts[first])
        end = bisect_left(starts, steady_until, first)
        yield offset, starts[first:end]
        first = end


# Days without bookings are the same for everybody who asks, and for hosts who keep the same hours.
# The longest, of 288 starts, takes 40 KB, so all of them take 20 MB at most.
@lru_cache(maxsize=512)
def _json(starts: tuple[int, ...], duration: int, offset: int) -> bytes:
    return orjson.dumps(_rows(starts, duration, offset))[1:-1]


def _rows(starts: Sequence[int], duration: int, offset: int) -> list[SlotRow]:
    rows: list[SlotRow] = []
    for start in starts:
        day, second = divmod(start + offset, DAY)
        rows.append(
            {
                "date": _date_text(day),
                "time": _CLOCK[second // 60],
                "startTime": _utc_text(start),
                "endTime": _utc_text(start + duration),
            }
        )
    return rows


def _utc_text(moment: int) -> str:
    day, second = divmod(moment, DAY)
    return f"{_date_text(day)}T{_CLOCK[second // 60]}:{second % 60:02}.000Z"


@lru_cache(maxsize=1024)
def _date_text(days_since_epoch: int) -> str:
    return date.fromordinal(EPOCH_DAY + days_since_epoch).isoformat()
