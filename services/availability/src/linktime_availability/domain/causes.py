"""What is behind a refused start: a booking, a calendar, time off, or a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import BusyTime, HostCalendar
from linktime_availability.domain.holidays import Holiday
from linktime_availability.domain.slots import (
    Availability,
    Rule,
    clock_limits,
    full_periods,
)
from linktime_availability.domain.time_off import TimeOff, span_of
from linktime_availability.domain.wall_time import Span, day_span, local_day


class CauseKind(StrEnum):
    """What a cause is."""

    BOOKING = "booking"
    CALENDAR = "calendar"
    TIME_OFF = "time_off"
    HOLIDAY = "holiday"
    OVERRIDE = "override"
    DATE = "date"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One cause; `id` is that of a booking, a calendar or time off.

    `day` is a date in the schedule's zone: of the hours, of the holiday, the first one of a
    limit's period, or the first or last that notice and horizon allow. `starts_at` and `ends_at`
    limit the busy time, the limit's period, or what notice and horizon allow.
    """

    kind: CauseKind
    id: UUID | None = None
    name: str | None = None
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class KnownThings:
    """What has names: busy times, time off, calendars whose busy time is not known, holidays."""

    busy: Sequence[BusyTime] = ()
    time_off: Sequence[TimeOff] = ()
    unknown: Sequence[HostCalendar] = ()
    holidays: Sequence[Holiday] = ()


def cause_of(
    rule: Rule, start: float, availability: Availability, known: KnownThings
) -> Cause | None:
    """Return what is behind the rule that excludes `start`; None if there is nothing to name."""
    cause: Cause | None = None
    match rule:
        case Rule.NOTICE | Rule.HORIZON:
            cause = _of_clock(rule, availability)
        case Rule.OUTSIDE_HOURS | Rule.NOT_ON_GRID:
            cause = hours_cause(start, availability)
        case Rule.TIME_OFF:
            cause = _of_time_off(start, availability, known)
        case Rule.HOLIDAY:
            cause = _of_holiday(start, availability, known)
        case Rule.DAILY_LIMIT | Rule.WEEKLY_LIMIT | Rule.MONTHLY_LIMIT:
            cause = _of_limit(rule, start, availability)
        case Rule.CALENDAR_UNKNOWN:
            cause = _of_unknown(known)
        case Rule.BUSY | Rule.CALENDAR_BUSY | Rule.BUFFER:
            cause = _of_obstacle(rule, start, availability, known)
    return cause


def hours_cause(start: float, availability: Availability) -> Cause:
    """Return the date whose hours decide, and whether an override replaces them."""
    day = date.fromordinal(local_day(availability.zone, start))
    is_overridden = day in availability.schedule.overrides
    return Cause(kind=CauseKind.OVERRIDE if is_overridden else CauseKind.DATE, day=day)


def _of_clock(rule: Rule, availability: Availability) -> Cause:
    earliest, horizon = clock_limits(availability)
    if rule is Rule.NOTICE:
        first = date.fromordinal(local_day(availability.zone, earliest))
        return Cause(kind=CauseKind.DATE, day=first, starts_at=_instant(earliest))
    last = date.fromordinal(local_day(availability.zone, horizon - 1))
    return Cause(kind=CauseKind.DATE, day=last, ends_at=_instant(horizon))


def _of_time_off(start: float, availability: Availability, known: KnownThings) -> Cause | None:
    end = start + availability.duration
    for off in known.time_off:
        span = span_of(off.since, off.until, availability.zone)
        if _meets(span, start, end):
            return _spanning(span, kind=CauseKind.TIME_OFF, id=off.id, name=off.name)
    return None


def _of_holiday(start: float, availability: Availability, known: KnownThings) -> Cause | None:
    for holiday in known.holidays:
        span = day_span(availability.zone, holiday.day.toordinal())
        if _meets(span, start, start + availability.duration):
            return Cause(kind=CauseKind.HOLIDAY, name=holiday.name, day=holiday.day)
    return None


def _of_limit(rule: Rule, start: float, availability: Availability) -> Cause | None:
    for limit, span in full_periods(availability):
        if limit is rule and span[0] <= start < span[1]:
            day = date.fromordinal(local_day(availability.zone, span[0]))
            return _spanning(span, kind=CauseKind.DATE, day=day)
    return None


def _of_unknown(known: KnownThings) -> Cause | None:
    for calendar in known.unknown:
        return Cause(kind=CauseKind.CALENDAR, id=calendar.id, name=calendar.name)
    return None


def _of_obstacle(
    rule: Rule, start: float, availability: Availability, known: KnownThings
) -> Cause | None:
    before, after = availability.buffers if rule is Rule.BUFFER else (0, 0)
    end = start + availability.duration
    if rule is not Rule.CALENDAR_BUSY:
        for other in availability.others:
            span = other.widened(before, after) if rule is Rule.BUFFER else other[1:3]
            if _meets(span, start - before, end + after):
                return _spanning(
                    (other.start, other.end), kind=CauseKind.BOOKING, id=other.booking_id
                )
    for busy in known.busy:
        span = span_of(busy.starts_at, busy.ends_at, availability.zone)
        if _meets(span, start - before, end + after):
            return _spanning(
                span, kind=CauseKind.CALENDAR, id=busy.calendar_id, name=busy.calendar_name
            )
    return None


def _meets(span: Span, start: float, end: float) -> bool:
    return span[0] < end and start < span[1] and span[0] < span[1]


def _spanning(span: Span, **named: Any) -> Cause:
    return Cause(**named, starts_at=_instant(span[0]), ends_at=_instant(span[1]))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
