"""A host's working hours, in wall time: windows by weekday, and other windows on single dates."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Self

from linktime_availability.domain.wall_time import DAY_MINUTES

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONDAY, FRIDAY = 0, 4
MOST_OVERRIDES = 1_000
MOST_OVERRIDE_WINDOWS = 10_000  # of all dates together; more would take long to read and show

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)


class InvalidHours(ValueError):
    """Hours that cannot be: the message says which and why, in words for the host."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open from one minute of the wall day to another.

    `start_minute` is 0 to 1439, `end_minute` 0 to 1440 (24:00); an end at or before the start is
    on the next date. The window belongs to the date it starts on.
    """

    start_minute: int
    end_minute: int

    @property
    def until_minute(self) -> int:
        """The end counted on from the midnight that begins the window's own date."""
        if self.end_minute > self.start_minute:
            return self.end_minute
        return self.end_minute + DAY_MINUTES

    @classmethod
    def parse(cls, start: str, end: str) -> Self:
        """From two texts `HH:MM`; `24:00` is an end only. Raises `InvalidHours`."""
        if start == "24:00":
            raise InvalidHours("A window cannot start at 24:00; use 00:00 of the next date")
        return cls(_minute(start), _minute(end))

    def texts(self) -> tuple[str, str]:
        """The two texts `parse` reads."""
        return _clock(self.start_minute), _clock(self.end_minute)


Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Weekly windows by weekday (Monday is 0); an override replaces the windows of its date.

    The windows of a date are ordered and do not overlap, as `day_windows` makes them; an
    override without windows closes the date. `timezone` is an IANA name.
    """

    timezone: str
    weekly: Mapping[int, Windows]
    overrides: Mapping[date, Windows] = field(default_factory=dict)


OFFICE_HOURS: Mapping[int, Windows] = MappingProxyType(
    {weekday: (Window(9 * 60, 17 * 60),) for weekday in range(MONDAY, FRIDAY + 1)}
)


def default_schedule(timezone: str) -> Schedule:
    """What a new host begins with: Monday to Friday, 09:00 to 17:00."""
    return Schedule(timezone, OFFICE_HOURS)


def day_windows(pairs: Iterable[tuple[str, str]]) -> Windows:
    """The windows of one date from pairs of texts, put in order. Raises `InvalidHours`."""
    windows = tuple(sorted(Window.parse(start, end) for start, end in pairs))
    for earlier, later in pairwise(windows):
        if later.start_minute < earlier.until_minute:
            raise InvalidHours(
                f"The windows {'–'.join(earlier.texts())} and {'–'.join(later.texts())} overlap"
            )
    return windows


def joined(windows: Windows) -> tuple[tuple[int, int], ...]:
    """The same hours with touching windows made one, as (start, until) minutes of their date."""
    spans: list[tuple[int, int]] = []
    for window in windows:
        if spans and spans[-1][1] == window.start_minute:
            spans[-1] = spans[-1][0], window.until_minute
        else:
            spans.append((window.start_minute, window.until_minute))
    return tuple(spans)


def _minute(text: str) -> int:
    if not _CLOCK.fullmatch(text):
        raise InvalidHours("A time of day is written HH:MM, from 00:00 to 24:00")
    return int(text[:2]) * 60 + int(text[3:])


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
