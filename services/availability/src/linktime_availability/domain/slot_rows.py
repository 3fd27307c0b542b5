"""Free starts as an invitee reads them: local date and time, and the two instants in UTC."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

import orjson

from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, steady_offset

_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))
# As long as the dates they are replaced by. A start's own date and its end are a day away at most.
_MARKS = {-1: b"DAY-BEFORE", 0: b"DAY-ITSELF", 1: b"DAY-BEHIND"}


class SlotRow(TypedDict):
    """`date` (YYYY-MM-DD) and `time` (HH:MM) in the asked zone; ISO 8601 instants ending in Z."""

    date: str
    time: str
    startTime: str
    endTime: str


def slot_rows(starts: Sequence[int], duration: int, zone: ZoneInfo) -> list[SlotRow]:
    """A row for each start, read in `zone`. Starts are epoch seconds, ascending."""
    days = _steady_days(starts, zone)
    return [row for offset, some in days for row in _rows(some, duration, offset, _date_text)]


def slot_json(starts: Sequence[int], duration: int, zone: ZoneInfo) -> Iterator[bytes]:
    """The same rows as JSON objects with commas between, a day's at a time."""
    for offset, some in _steady_days(starts, zone):
        day = some[0] // DAY
        pattern = _pattern(tuple([start - day * DAY for start in some]), duration, offset)
        yield _dated(pattern, day)


def _steady_days(starts: Sequence[int], zone: ZoneInfo) -> Iterator[tuple[int, Sequence[int]]]:
    """The starts by UTC day, and by less where the offset changes; each with its offset."""
    first = 0
    while first < len(starts):
        offset, steady_until = steady_offset(zone, starts[first])
        end = bisect_left(starts, steady_until, first)
        yield offset, starts[first:end]
        first = end


# What is asked for again, and by many, is written once. A day has 288 starts at most, which take
# 32 KB; all that is kept here and in `_pattern` takes 40 MB at most.
@lru_cache(maxsize=512)
def _dated(pattern: bytes, day: int) -> bytes:
    text = pattern
    for days_later, mark in _MARKS.items():
        text = text.replace(mark, _date_text(day + days_later).encode())
    return text


# Days differ in little but their dates, so what they share is written once.
@lru_cache(maxsize=512)
def _pattern(seconds: tuple[int, ...], duration: int, offset: int) -> bytes:
    """The rows of starts so many seconds after a UTC midnight, with marks in place of dates."""
    rows = _rows(seconds, duration, offset, lambda days_later: _MARKS[days_later].decode())
    return orjson.dumps(rows)[1:-1]


def _rows(
    starts: Sequence[int], duration: int, offset: int, date_text: Callable[[int], str]
) -> list[SlotRow]:
    rows: list[SlotRow] = []
    for start in starts:
        day, second = divmod(start + offset, DAY)
        rows.append(
            {
                "date": date_text(day),
                "time": _CLOCK[second // 60],
                "startTime": _utc_text(start, date_text),
                "endTime": _utc_text(start + duration, date_text),
            }
        )
    return rows


def _utc_text(moment: int, date_text: Callable[[int], str]) -> str:
    day, second = divmod(moment, DAY)
    return f"{date_text(day)}T{_CLOCK[second // 60]}:{second % 60:02}.000Z"


@lru_cache(maxsize=1024)
def _date_text(days_since_epoch: int) -> str:
    return date.fromordinal(EPOCH_DAY + days_since_epoch).isoformat()
