"""Limits on the bookings of an event type for each local date, ISO week and month.

Days are proleptic ordinals in the time zone of the host's schedule.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.domain.wall_time import Span, instant

Period = Callable[[int], tuple[int, int]]
"""Returns the first day of the period of a day, and the day after its last."""


def date_of(day: int) -> tuple[int, int]:
    """Return the day itself."""
    return day, day + 1


def week_of(day: int) -> tuple[int, int]:
    """Return the week from Monday to Sunday; day 1 of the calendar was a Monday."""
    first = day - (day - 1) % 7
    return first, first + 7


def month_of(day: int) -> tuple[int, int]:
    """Return the month of the calendar."""
    local = date.fromordinal(day)
    first = day - local.day + 1
    return first, first + monthrange(local.year, local.month)[1]


def full_spans(
    period: Period, limit: int, booked: Iterable[tuple[int, UUID]], zone: ZoneInfo
) -> list[Span]:
    """Return the periods with `limit` bookings or more; `booked` are days with a booking's id."""
    bookings_in: defaultdict[tuple[int, int], set[UUID]] = defaultdict(set)
    for day, booking_id in booked:
        bookings_in[period(day)].add(booking_id)
    return [
        (instant(zone, first), instant(zone, end))
        for (first, end), bookings in bookings_in.items()
        if len(bookings) >= limit
    ]
