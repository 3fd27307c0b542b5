"""Slots as rows of the API: local date and time, and start and end in UTC."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

import orjson

from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, steady_offset

_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))
# As long as the dates that replace them. A slot's local date and end differ by a day at most.
_PLACEHOLDERS = {-1: b"DAY-BEFORE", 0: b"DAY-ITSELF", 1: b"DAY-BEHIND"}


class SlotRow(TypedDict):
    """`date` (YYYY-MM-DD) and `time` (HH:MM) in the requested zone; ISO 8601 instants in UTC."""

    date: str
    time: str
    startTime: str
    endTime: str


def slot_rows(starts: Sequence[int], duration: int, zone: ZoneInfo) -> list[SlotRow]:
    """Return a row for each start, local to `zone`. Starts are epoch seconds, ascending."""
    days = _steady_days(starts, zone)
    return [row for offset, some in days for row in _rows(some, duration, offset, _date_text)]


def exact_row(start: float, duration: int, zone: ZoneInfo) -> SlotRow:
    """Return the row of one start, which may have milliseconds."""
    (row,) = slot_rows([int(start)], duration, zone)
    ending = f".{round(start % 1 * 1000):03}Z"
    return {
        **row,
        "startTime": row["startTime"].replace(".000Z", ending),
        "endTime": row["endTime"].replace(".000Z", ending),
    }


def slot_json(starts: Sequence[int], duration: int, zone: ZoneInfo) -> Iterator[bytes]:
    """Yield the same rows as comma-separated JSON objects, a day at a time."""
    for offset, some in _steady_days(starts, zone):
        day = some[0] // DAY
        pattern = _pattern(tuple([start - day * DAY for start in some]), duration, offset)
        yield _dated(pattern, day)


def _steady_days(starts: Sequence[int], zone: ZoneInfo) -> Iterator[tuple[int, Sequence[int]]]:
    """Group the starts by UTC day and UTC offset; yield each group with its offset."""
    first = 0
    while first < len(starts):
        offset, steady_until = steady_offset(zone, starts[first])
        end = bisect_left(starts, steady_until, first)
        yield offset, starts[first:end]
        first = end


# Cached, since many requests list the same days. A day has 288 starts at most, which take 32 KB;
# this cache and that of `_pattern` take 40 MB at most.
@lru_cache(maxsize=512)
def _dated(pattern: bytes, day: int) -> bytes:
    text = pattern
    for days_later, placeholder in _PLACEHOLDERS.items():
        text = text.replace(placeholder, _date_text(day + days_later).encode())
    return text


# Most days differ in their dates only, so the rest is formatted once.
@lru_cache(maxsize=512)
def _pattern(seconds: tuple[int, ...], duration: int, offset: int) -> bytes:
    """Return the rows of starts `seconds` after a UTC midnight, with placeholders for dates."""
    rows = _rows(seconds, duration, offset, lambda days_later: _PLACEHOLDERS[days_later].decode())
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
