"""A host's working hours as instants: the windows, and the grids of starts in them.

All instants are whole epoch seconds, all intervals half-open.
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
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


def on_grids(offered: list[Span], gaps: list[Span], step: int) -> list[int]:
    """Return the grid starts that lie in a gap, ascending. Both inputs are in order."""
    starts: list[int] = []
    passed = 0
    for grid_first, grid_end in offered:
        while passed < len(gaps) and gaps[passed][1] <= grid_first:
            passed += 1
        for index in range(passed, len(gaps)):
            gap_first, gap_end = gaps[index]
            if gap_first >= grid_end:
                break
            first, end = max(gap_first, grid_first), min(gap_end, grid_end)
            first += (grid_first - first) % step
            if first < end:  # most gaps of a full calendar contain no start
                starts += range(first, end, step)
    # Windows of two dates may overlap (22:00-02:00, then 00:00-06:00), each with its own grid.
    overlap = any(later[0] < earlier[1] for earlier, later in pairwise(offered))
    return sorted(set(starts)) if overlap else starts


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
