"""When an event type can be booked: the list of free starts, and why others are refused.

All answers come from the same facts, so what is listed can be booked and nothing else can: the
limits of the clock (notice, horizon), the *grids* (where the working hours offer a start), the
dates that are full, and the *obstacles* (what takes the host's time). `free_starts` sweeps over
them without touching a slot that is not free; `refusal` asks each of them about one start, and
`verdicts` about every start that the working hours suggest.

All instants are whole epoch seconds, all intervals half-open.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import ceil
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.domain.open_hours import EVER, grids, stepped
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.wall_time import MINUTE, Span, day_span, instant, local_day
from linktime_common.timezones import zone as zone_called


class Rule(StrEnum):
    """Why a start cannot be booked, in the order in which `refusal` looks."""

    INACTIVE = "inactive"
    NOTICE = "notice"
    HORIZON = "horizon"
    OUTSIDE_HOURS = "outside_hours"
    NOT_ON_GRID = "not_on_grid"
    DAILY_LIMIT = "daily_limit"
    BUSY = "busy"
    BUFFER = "buffer"


class ReservedTime(NamedTuple):
    """Time of the host held or taken by a booking; a booking may have several for a while."""

    booking_id: UUID
    start: int
    end: int
    buffer_before: int  # seconds, as the four numbers are
    buffer_after: int
    same_type: bool  # is it a booking of the event type asked about?


@dataclass(frozen=True, slots=True)
class Availability:
    """All that decides when one event type of one host can be booked.

    `busy` (calendar events, without buffers of their own) and `reservations` come in any order.
    They must cover the asked starts widened by the duration and the larger buffers and, for the
    daily limit, the whole host-local dates of these starts; more does no harm. `now` is epoch
    seconds. To move a booking, `moving` names it, so that it is not in its own way, and
    `duration_seconds` is its own length; it may be moved though its event type is archived.
    """

    schedule: Schedule
    rules: BookingRules
    now: float
    busy: Sequence[Span] = ()
    reservations: Sequence[ReservedTime] = ()
    moving: UUID | None = None
    duration_seconds: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return zone_called(self.schedule.timezone)

    @property
    def others(self) -> list[ReservedTime]:
        """The reservations of the bookings that are not being moved."""
        return [other for other in self.reservations if other.booking_id != self.moving]

    @property
    def archived(self) -> bool:
        """Does the event type take no booking? One that is moved is not a new one."""
        return not self.rules.active and self.moving is None

    @property
    def duration(self) -> int:
        """The length of a slot, in seconds."""
        if self.duration_seconds is not None:
            return self.duration_seconds
        return self.rules.duration_minutes * MINUTE

    @property
    def step(self) -> int:
        """From one start of a grid to the next, in seconds."""
        return self.rules.slot_interval_minutes * MINUTE

    @property
    def buffers(self) -> tuple[int, int]:
        """The seconds to keep free before and after a slot."""
        return self.rules.buffer_before * MINUTE, self.rules.buffer_after * MINUTE


def free_starts(availability: Availability, since: int, until: int) -> list[int]:
    """Every start from `since` up to before `until` that can be booked, ascending."""
    if availability.archived:
        return []
    earliest, horizon = _clock_limits(availability)
    since, until = max(since, earliest), min(until, horizon)
    if since >= until:
        return []
    offered = grids(availability.schedule, availability.duration, since, until)
    starts = _on_grids(offered, _gaps(availability, since, until), availability.step)
    for first, end in _full_dates(availability):
        del starts[bisect_left(starts, first) : bisect_left(starts, end)]
    return starts


def refusal(availability: Availability, start: float) -> Rule | None:
    """The first rule that keeps `start` from being booked; None if it is free.

    A start between two seconds is on no grid, so a caller passes fractions on as they came.
    """
    return _Judge(availability, start, start + 1).verdict(start)


def verdicts(availability: Availability, since: int, until: int) -> list[tuple[int, Rule | None]]:
    """Every start from `since` up to before `until` that the working hours suggest, ascending,
    each with the first rule that removes it; those with None are the free ones.

    A start too late in its window for a whole slot is among them, as outside the hours.
    """
    judge = _Judge(availability, since, until)
    starts = stepped(availability.schedule, availability.step, since, until)
    return [(start, judge.verdict(start)) for start in starts]


class _Judge:
    """Asks the rules about the starts of a range; the facts are gathered once."""

    def __init__(self, availability: Availability, since: float, until: float) -> None:
        self._availability = availability
        self._earliest, self._horizon = _clock_limits(availability)
        since, until = max(since, self._earliest), min(until, self._horizon)
        # What the clock forbids may lie beyond the calendar, where no window can be looked up.
        self._grids = (
            grids(availability.schedule, availability.duration, since, until)
            if since < until
            else []
        )
        self._full_dates = _full_dates(availability)
        self._obstacles = _obstacles(availability)
        self._taken = [(other.start, other.end) for other in availability.others]
        self._taken += availability.busy

    def verdict(self, start: float) -> Rule | None:
        """The first rule, in their order, that forbids `start`."""
        return self._closed(start) or self._out_of_place(start) or self._obstruction(start)

    def _closed(self, start: float) -> Rule | None:
        """The rule of the clock or of the event type itself."""
        if self._availability.archived:
            return Rule.INACTIVE
        if start < self._earliest:
            return Rule.NOTICE
        return Rule.HORIZON if start >= self._horizon else None

    def _out_of_place(self, start: float) -> Rule | None:
        """Do the working hours offer a start there, and if not, why?"""
        firsts = [grid[0] for grid in self._grids if _in(start, grid)]
        if not firsts:
            return Rule.OUTSIDE_HOURS
        if all((start - first) % self._availability.step for first in firsts):
            return Rule.NOT_ON_GRID
        return None

    def _obstruction(self, start: float) -> Rule | None:
        """What of the host's other time is in the way: a full date, an overlap, a buffer."""
        if any(_in(start, full_date) for full_date in self._full_dates):
            return Rule.DAILY_LIMIT
        before, after = self._availability.buffers
        end = start + self._availability.duration
        if not _meet(self._obstacles, start - before, end + after):
            return None
        return Rule.BUSY if _meet(self._taken, start, end) else Rule.BUFFER


def _in(start: float, span: Span) -> bool:
    return span[0] <= start < span[1]


def _clock_limits(availability: Availability) -> Span:
    """The starts that neither notice nor horizon forbids."""
    rules, zone = availability.rules, availability.zone
    earliest = ceil(availability.now) + rules.minimum_notice_minutes * MINUTE
    last_day = local_day(zone, availability.now) + rules.max_days_in_advance
    return earliest, instant(zone, last_day + 1)


def _full_dates(availability: Availability) -> list[Span]:
    """The host-local dates on which the event type's bookings have reached its daily limit."""
    limit = availability.rules.daily_limit
    if limit is None:
        return []
    zone = availability.zone
    bookings_on: defaultdict[int, set[UUID]] = defaultdict(set)
    for other in availability.others:
        if other.same_type:
            bookings_on[local_day(zone, other.start)].add(other.booking_id)
    return [day_span(zone, day) for day, bookings in bookings_on.items() if len(bookings) >= limit]


def _obstacles(availability: Availability) -> list[Span]:
    """The time a slot together with its own buffers must not meet.

    Another booking keeps the slot itself, not the slot's buffers, out of its own buffers; that is
    to keep the slot with its buffers away by as much as the other's buffer is the larger one.
    """
    before, after = availability.buffers
    obstacles = list(availability.busy)
    for other in availability.others:
        ahead = max(0, other.buffer_before - after)
        behind = max(0, other.buffer_after - before)
        obstacles.append((other.start - ahead, other.end + behind))
    return obstacles


def _meet(spans: Iterable[Span], start: float, end: float) -> bool:
    """Does a span overlap the interval? Touching is not overlapping; an empty span meets none."""
    return any(first < end and start < last and first < last for first, last in spans)


def _gaps(availability: Availability, since: int, until: int) -> list[Span]:
    """The parts of the range where a slot started there meets no obstacle, in order."""
    before, after = availability.buffers
    lead = availability.duration + after - 1  # -1: to end where an obstacle begins is allowed
    needed = before + lead
    obstacles = _obstacles(availability)
    obstacles.append((until + lead, EVER))
    obstacles.sort()
    gaps = []
    free_from = since - before
    for start, end in obstacles:
        if start < end:
            if start - free_from > needed:
                gaps.append((free_from + before, start - lead))
            if end > free_from:  # noqa: PLR1730  max() takes four times as long here
                free_from = end
    return gaps


def _on_grids(offered: list[Span], gaps: list[Span], step: int) -> list[int]:
    """The starts of the grids that lie in a gap, ascending. `offered` and gaps are in order."""
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
            if first < end:  # most gaps of a full calendar hold no start
                starts += range(first, end, step)
    # Windows of two dates may overlap (22:00-02:00, then 00:00-06:00), each with its own grid.
    overlap = any(later[0] < earlier[1] for earlier, later in pairwise(offered))
    return sorted(set(starts)) if overlap else starts
