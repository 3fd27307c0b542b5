"""Free starts as an invitee reads them: local date and time, and the two instants in UTC."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, steady_offset


class SlotRow(TypedDict):
    """`date` (YYYY-MM-DD) and `time` (HH:MM) in the asked zone; ISO 8601 instants ending in Z."""

    date: str
    time: str
    startTime: str
    endTime: str


def slot_rows(starts: Iterable[int], duration: int, zone: ZoneInfo) -> list[SlotRow]:
    """A row for each start, read in `zone`. Starts are epoch seconds, ascending."""
    rows: list[SlotRow] = []
    offset = steady_until = 0
    for start in starts:
        if start >= steady_until:
            offset, steady_until = steady_offset(zone, start)
        day, clock = _local_texts(start + offset)
        rows.append(
            {
                "date": day,
                "time": clock,
                "startTime": _utc_text(start),
                "endTime": _utc_text(start + duration),
            }
        )
    return rows


# Most hosts offer the same quarters of the same hours, so few texts are made more than once.
@lru_cache(maxsize=16_384)
def _utc_text(moment: int) -> str:
    day, second = divmod(moment, DAY)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{_date_text(day)}T{clock}.000Z"


@lru_cache(maxsize=16_384)
def _local_texts(wall_second: int) -> tuple[str, str]:
    day, second = divmod(wall_second, DAY)
    return _date_text(day), f"{second // 3600:02}:{second // 60 % 60:02}"


def _date_text(days_since_epoch: int) -> str:
    return date.fromordinal(EPOCH_DAY + days_since_epoch).isoformat()
