"""A host's working hours in wall time: windows of each weekday, and overrides of dates."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Self
from uuid import UUID

from linktime_availability.domain.wall_time import DAY_MINUTES

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONDAY, FRIDAY = 0, 4
MOST_SCHEDULES = 20  # of one host
MOST_OVERRIDES = 1_000
MOST_OVERRIDE_WINDOWS = 10_000  # of all dates together; more would be slow to read and show

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)


class InvalidHours(ValueError):
    """Invalid working hours; the message is shown to the host."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A range of minutes of the wall day.

    `start_minute` is 0 to 1439, `end_minute` 0 to 1440 (24:00); an end at or before the start is
    on the next date. The window belongs to the date it starts on.
    """

    start_minute: int
    end_minute: int

    @property
    def until_minute(self) -> int:
        """The end in minutes since the midnight that begins the window's date."""
        if self.end_minute > self.start_minute:
            return self.end_minute
        return self.end_minute + DAY_MINUTES

    @classmethod
    def parse(cls, start: str, end: str) -> Self:
        """Parse two texts `HH:MM`; only the end may be `24:00`. Raises `InvalidHours`."""
        if start == "24:00":
            raise InvalidHours("A window cannot start at 24:00; use 00:00 of the next date")
        return cls(_minute(start), _minute(end))

    def texts(self) -> tuple[str, str]:
        """Return start and end as `HH:MM`, the input of `parse`."""
        return _clock(self.start_minute), _clock(self.end_minute)


Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Weekly windows by weekday (Monday is 0); an override replaces the windows of its date.

    The windows of a date are ordered and do not overlap, as `day_windows` returns them; an
    override without windows closes the date. `timezone` is an IANA name.
    """

    timezone: str
    weekly: Mapping[int, Windows]
    overrides: Mapping[date, Windows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSchedule:
    """One of a host's schedules; exactly one is the default, for event types that name none."""

    id: UUID
    name: str
    is_default: bool
    schedule: Schedule


OFFICE_HOURS: Mapping[int, Windows] = MappingProxyType(
    {weekday: (Window(9 * 60, 17 * 60),) for weekday in range(MONDAY, FRIDAY + 1)}
)


def default_schedule(timezone: str) -> Schedule:
    """Return the schedule of a new host: Monday to Friday, 09:00 to 17:00."""
    return Schedule(timezone, OFFICE_HOURS)


def day_windows(pairs: Iterable[tuple[str, str]]) -> Windows:
    """Parse and sort the windows of one date. Raises `InvalidHours`."""
    windows = tuple(sorted(Window.parse(start, end) for start, end in pairs))
    for earlier, later in pairwise(windows):
        if later.start_minute < earlier.until_minute:
            raise InvalidHours(
                f"The windows {'–'.join(earlier.texts())} and {'–'.join(later.texts())} overlap"
            )
    return windows


def joined(windows: Windows) -> tuple[tuple[int, int], ...]:
    """Return the hours as (start, until) minutes of their date, with touching windows merged."""
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
