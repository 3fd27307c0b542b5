"""The slot rules: the list of free starts, and why other starts are refused.

All functions use the same inputs, so exactly the listed starts can be booked: notice and horizon,
the *grids* (the starts within working hours), time off, public holidays, the dates, weeks and
months that have reached their limit, and the *obstacles* (busy and reserved time). `free_starts`
computes all free starts in one pass; `refusal` checks one start, and `verdicts` every start within
working hours.

All instants are whole epoch seconds, all intervals half-open.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.domain.limits import date_of, full_spans, month_of, week_of
from linktime_availability.domain.open_hours import FAR_FUTURE, grids, on_grids, starts_in_hours
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.wall_time import MINUTE, Span, instant, local_day
from linktime_common.timezones import zone as zone_called


class Rule(StrEnum):
    """Why a start cannot be booked, in the order in which `refusal` checks."""

    INACTIVE = "inactive"
    NOTICE = "notice"
    HORIZON = "horizon"
    OUTSIDE_HOURS = "outside_hours"
    NOT_ON_GRID = "not_on_grid"
    TIME_OFF = "time_off"
    HOLIDAY = "holiday"
    DAILY_LIMIT = "daily_limit"
    WEEKLY_LIMIT = "weekly_limit"
    MONTHLY_LIMIT = "monthly_limit"
    BUSY = "busy"
    CALENDAR_BUSY = "calendar_busy"
    CALENDAR_UNKNOWN = "calendar_unknown"
    BUFFER = "buffer"


class ReservedTime(NamedTuple):
    """Reserved time of the host; a booking being rescheduled has two."""

    booking_id: UUID
    start: int
    end: int
    buffer_before: int  # seconds, as the four numbers are
    buffer_after: int
    same_type: bool  # whether it is a booking of the event type being checked

    def widened(self, before: int, after: int) -> Span:
        """Return its time, widened by how much its buffers exceed those of a slot."""
        return widened([self], before, after)[0]


def widened(reservations: Iterable[ReservedTime], before: int, after: int) -> list[Span]:
    """Return the times, each widened by how much its buffers exceed those of a slot."""
    # Of a busy host there are hundreds, and this takes a quarter of the time of max() and a method.
    return [
        (
            start - (ahead - after) if ahead > after else start,
            end + (behind - before) if behind > before else end,
        )
        for _, start, end, ahead, behind, _ in reservations
    ]


@dataclass(frozen=True, slots=True)
class Availability:
    """Everything that decides when one event type of one host can be booked.

    `busy` (calendar events, without buffers), `time_off` and `holidays` (which a slot without its
    buffers must not overlap) and `reservations` come in any order. With `is_unknown` nothing can be
    booked, as the calendars cannot be read. A slot with its buffer must end by `known_until`, where
    the known busy time ends; None is no limit. The lists must cover
    the requested starts widened by the duration and the larger buffers and, for the limits, the
    whole host-local dates, weeks and months of these starts; more does no harm. `now` is epoch
    seconds. When a booking is moved, `moving` is its id, so that its own reservation is ignored,
    and `duration_seconds` is its length; it may be moved even if its event type is archived.
    """

    schedule: Schedule
    rules: BookingRules
    now: float
    busy: Sequence[Span] = ()
    time_off: Sequence[Span] = ()
    holidays: Sequence[Span] = ()
    is_unknown: bool = False
    known_until: int | None = None
    reservations: Sequence[ReservedTime] = ()
    moving: UUID | None = None
    duration_seconds: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return zone_called(self.schedule.timezone)

    @property
    def others(self) -> Sequence[ReservedTime]:
        """The reservations of the bookings that are not being moved."""
        if self.moving is None:
            return self.reservations
        return [other for other in self.reservations if other.booking_id != self.moving]

    @property
    def archived(self) -> bool:
        """Whether new bookings are refused; moving a booking is allowed."""
        return not self.rules.active and self.moving is None

    @property
    def duration(self) -> int:
        """The length of a slot, in seconds."""
        if self.duration_seconds is not None:
            return self.duration_seconds
        return self.rules.duration_minutes * MINUTE

    @property
    def step(self) -> int:
        """The seconds between two starts of a grid."""
        return self.rules.slot_interval_minutes * MINUTE

    @property
    def buffers(self) -> tuple[int, int]:
        """The seconds to keep free before and after a slot."""
        return self.rules.buffer_before * MINUTE, self.rules.buffer_after * MINUTE

    @property
    def last_known(self) -> int:
        """The last start whose slot and buffer are within the known busy time."""
        if self.is_unknown:
            return -FAR_FUTURE
        if self.known_until is None:
            return FAR_FUTURE
        return self.known_until - self.duration - self.buffers[1]


def free_starts(availability: Availability, since: int, until: int) -> list[int]:
    """Return the bookable starts in [since, until), ascending."""
    if availability.archived:
        return []
    earliest, horizon = clock_limits(availability)
    since, until = max(since, earliest), min(until, horizon, availability.last_known + 1)
    if since >= until:
        return []
    offered = grids(availability.schedule, availability.duration, since, until)
    starts = on_grids(offered, _gaps(availability, since, until), availability.step)
    for _, (first, end) in _closed_spans(availability):
        del starts[bisect_left(starts, first) : bisect_left(starts, end)]
    return starts


def refusal(availability: Availability, start: float) -> Rule | None:
    """Return the first rule that excludes `start`, or None if it is free.

    A fraction of a second is on no grid, so callers must not round `start`.
    """
    return _RuleCheck(availability, start, start + 1).verdict(start)


def clash(availability: Availability, start: float) -> Rule | None:
    """As `refusal`, for a host who ignores the rules: hours, grid, time off, holidays, notice,
    horizon and limits. What has passed and what is beyond any horizon is still refused."""
    rules = availability.rules.ignored()
    free = replace(availability, rules=rules, time_off=(), holidays=())
    return _RuleCheck(free, start, start + 1).clash(start)


def verdicts(availability: Availability, since: int, until: int) -> list[tuple[int, Rule | None]]:
    """Return the grid starts in [since, until), ascending, each with the first rule that excludes
    it, or None if it is free.

    A start too late in its window for a whole slot is included, as outside the hours.
    """
    check = _RuleCheck(availability, since, until)
    starts = starts_in_hours(availability.schedule, availability.step, since, until)
    return [(start, check.verdict(start)) for start in starts]


class _RuleCheck:
    """Checks starts of a range; grids, closed spans and obstacles are computed once."""

    def __init__(self, availability: Availability, since: float, until: float) -> None:
        self._availability = availability
        self._earliest, self._horizon = clock_limits(availability)
        since, until = max(since, self._earliest), min(until, self._horizon)
        # Starts that notice or horizon exclude may be outside the calendar, where windows fail.
        self._grids = (
            grids(availability.schedule, availability.duration, since, until)
            if since < until
            else []
        )
        self._closed = _closed_spans(availability)
        self._obstacles = _obstacles(availability)
        self._taken = [(other.start, other.end) for other in availability.others]

    def verdict(self, start: float) -> Rule | None:
        """Return the first rule that excludes `start`, or None."""
        return self._limit_rule(start) or self._hours_rule(start) or self._conflict_rule(start)

    def clash(self, start: float) -> Rule | None:
        """Return the first rule beside the hours that excludes `start`, or None."""
        return self._limit_rule(start) or self._conflict_rule(start)

    def _limit_rule(self, start: float) -> Rule | None:
        """Check that the event type is active, and notice and horizon."""
        if self._availability.archived:
            return Rule.INACTIVE
        if start < self._earliest:
            return Rule.NOTICE
        return Rule.HORIZON if start >= self._horizon else None

    def _hours_rule(self, start: float) -> Rule | None:
        """Check that the start is within the working hours and on a grid."""
        firsts = [grid[0] for grid in self._grids if _in(start, grid)]
        if not firsts:
            return Rule.OUTSIDE_HOURS
        if all((start - first) % self._availability.step for first in firsts):
            return Rule.NOT_ON_GRID
        return None

    def _conflict_rule(self, start: float) -> Rule | None:
        """Check time off, holidays, limits, overlaps and buffers."""
        for rule, closed in self._closed:
            if _in(start, closed):
                return rule
        if start > self._availability.last_known:
            return Rule.CALENDAR_UNKNOWN
        before, after = self._availability.buffers
        end = start + self._availability.duration
        if not _overlaps(self._obstacles, start - before, end + after):
            return None
        if _overlaps(self._taken, start, end):
            return Rule.BUSY
        is_busy = _overlaps(self._availability.busy, start, end)
        return Rule.CALENDAR_BUSY if is_busy else Rule.BUFFER


def _in(start: float, span: Span) -> bool:
    return span[0] <= start < span[1]


def clock_limits(availability: Availability) -> Span:
    """Return the range of starts that notice and horizon allow."""
    rules, zone = availability.rules, availability.zone
    earliest = ceil(availability.now) + rules.minimum_notice_minutes * MINUTE
    last_day = local_day(zone, availability.now) + rules.max_days_in_advance
    return earliest, instant(zone, last_day + 1)


def full_periods(availability: Availability) -> list[tuple[Rule, Span]]:
    """Return the host-local dates, weeks and months in which a limit is reached, with its rule."""
    rules, zone = availability.rules, availability.zone
    limits = (
        (Rule.DAILY_LIMIT, date_of, rules.daily_limit),
        (Rule.WEEKLY_LIMIT, week_of, rules.weekly_limit),
        (Rule.MONTHLY_LIMIT, month_of, rules.monthly_limit),
    )
    full: list[tuple[Rule, Span]] = []
    for rule, period, limit in limits:
        if limit is not None:
            same_type = (other for other in availability.others if other.same_type)
            booked = [(local_day(zone, other.start), other.booking_id) for other in same_type]
            full += [(rule, span) for span in full_spans(period, limit, booked, zone)]
    return full


def _closed_spans(availability: Availability) -> list[tuple[Rule, Span]]:
    """Return the ranges of starts that time off, holidays and limits exclude, in this order."""
    lead = availability.duration - 1  # -1: ending where time off begins is allowed
    closed = [
        (rule, (start - lead, end))
        for rule, spans in (
            (Rule.TIME_OFF, availability.time_off),
            (Rule.HOLIDAY, availability.holidays),
        )
        for start, end in spans
        if start < end
    ]
    return closed + full_periods(availability)


def _obstacles(availability: Availability) -> list[Span]:
    """Return the time that a slot widened by its buffers must not overlap.

    A slot without its buffers must not overlap another booking widened by that booking's buffers.
    So the other booking is widened only by how much its buffer exceeds the slot's.
    """
    before, after = availability.buffers
    obstacles = list(availability.busy)
    obstacles += widened(availability.others, before, after)
    return obstacles


def _overlaps(spans: Iterable[Span], start: float, end: float) -> bool:
    """Return whether a span overlaps the interval; touching or empty spans do not."""
    return any(first < end and start < last and first < last for first, last in spans)


def _gaps(availability: Availability, since: int, until: int) -> list[Span]:
    """Return the ranges of starts at which a slot meets no obstacle, in order."""
    before, after = availability.buffers
    lead = availability.duration + after - 1  # -1: ending where an obstacle begins is allowed
    needed = before + lead
    obstacles = _obstacles(availability)
    obstacles.append((until + lead, FAR_FUTURE))
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
