"""A host's working hours as instants: the windows, and the grids of starts in them.

All instants are whole epoch seconds, all intervals half-open.
"""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from linktime_availability.domain.schedule import Schedule, Windows, joined
from linktime_availability.domain.wall_time import Span, days_that_occur, instant, local_day
from linktime_common.timezones import zone as zone_called

# Later than every date of the calendar.
FAR_FUTURE = 1 << 60


def grids(schedule: Schedule, duration: int, since: float, until: float) -> list[Span]:
    """Return the half-open range of possible starts of each window that meets the range.

    A start lies in its window; its slot of `duration` seconds may extend into windows that follow
    without a gap.
    """
    found: list[Span] = []
    run: list[Span] = []
    run_end = -FAR_FUTURE
    for window in [*windows(schedule, since, until + duration), (FAR_FUTURE, FAR_FUTURE)]:
        if window[0] > run_end:
            last = run_end - duration
            found += [(start, min(end, last + 1)) for start, end in run if start <= last]
            run = []
        run.append(window)
        run_end = max(run_end, window[1])
    return found


def starts_in_hours(schedule: Schedule, step: int, since: int, until: int) -> list[int]:
    """Return the grid points of the windows in the range, ascending, whether or not a slot fits."""
    starts: set[int] = set()
    for first, end in windows(schedule, since, until):
        begin = max(first, since + (first - since) % step)
        starts.update(range(begin, min(end, until), step))
    return sorted(starts)


def windows(schedule: Schedule, since: float, until: float) -> list[Span]:
    """Return the windows that overlap the range, in order.

    Includes those of two dates before: a window is a day long at most, and a clock change can
    move its end past one more midnight. An override decides its whole date, so a window of a
    date before ends where the overridden date begins.
    """
    zone, overrides = zone_called(schedule.timezone), schedule.overrides
    weekly = {weekday: joined(hours) for weekday, hours in schedule.weekly.items()}
    found = []
    for day in days_that_occur(zone, local_day(zone, since) - 2, local_day(zone, until)):
        hours = weekly.get((day - 1) % 7, ())  # day 1 of the calendar was a Monday
        if overrides and (replaced := overrides.get(date.fromordinal(day))) is not None:
            hours = joined(replaced)
        latest = _next_override(overrides, zone, day) if overrides and hours else FAR_FUTURE
        for start_minute, until_minute in hours:
            start = instant(zone, day, start_minute)
            end = min(instant(zone, day, until_minute), latest)
            if start < end and since < end and start < until:
                found.append((start, end))
    found.sort()
    return found


def _next_override(overrides: Mapping[date, Windows], zone: ZoneInfo, day: int) -> int:
    """Return where the first overridden date begins of the two that a window of `day` can reach."""
    for later in days_that_occur(zone, day + 1, day + 2):
        if date.fromordinal(later) in overrides:
            return instant(zone, later)
    return FAR_FUTURE
