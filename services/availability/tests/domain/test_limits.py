"""The limits for each host-local week and month."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from linktime_availability.domain.limits import month_of, week_of
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.slots import Availability, ReservedTime, Rule, refusal

HOUR = 3600
HOST_ZONE = "Pacific/Auckland"


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        (week_of, date(2026, 3, 4), date(2026, 3, 2), date(2026, 3, 8)),
        (week_of, date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 8)),
        (week_of, date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 3)),
        (month_of, date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29)),
        (month_of, date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_period_of_a_day(period: object, day: date, first: date, last: date) -> None:
    """Weeks are those of ISO 8601, also at the end of a year."""
    assert period(day.toordinal()) == (first.toordinal(), last.toordinal() + 1)  # type: ignore[operator]


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc]


def with_booking(start: int, *, moving: bool = False, **rules: object) -> Availability:
    """Return a host in Auckland, always open, with one booking of an hour."""
    numbers = {"duration_minutes": 60, "slot_interval_minutes": 60, "minimum_notice_minutes": 0}
    return Availability(
        Schedule(HOST_ZONE, dict.fromkeys(range(7), (Window(0, 1440),))),
        BookingRules(**(numbers | rules)),  # type: ignore[arg-type]
        now=start - 86_400,
        reservations=[ReservedTime(UUID(int=1), start, start + HOUR, 0, 0, same_type=True)],
        moving=UUID(int=1) if moving else None,
    )


def test_the_weeks_of_the_host_count() -> None:
    """Sunday noon in UTC is Monday in Auckland: the week after is full, the one before is not."""
    booked = utc(2026, 6, 7, 12, 0)
    availability = with_booking(booked, weekly_limit=1)
    assert refusal(availability, booked - HOUR) is None
    assert refusal(availability, booked + HOUR) is Rule.WEEKLY_LIMIT
    assert refusal(availability, utc(2026, 6, 14, 11, 0)) is Rule.WEEKLY_LIMIT
    assert refusal(availability, utc(2026, 6, 14, 12, 0)) is None
    assert refusal(with_booking(booked, weekly_limit=2), booked + HOUR) is None
    assert refusal(with_booking(booked, weekly_limit=1, moving=True), booked + HOUR) is None


def test_the_months_of_the_host_count() -> None:
    """The last day of June in UTC is the first of July in Auckland."""
    booked = utc(2026, 6, 30, 12, 0)
    availability = with_booking(booked, monthly_limit=1)
    assert refusal(availability, booked - HOUR) is None
    assert refusal(availability, booked + HOUR) is Rule.MONTHLY_LIMIT
    assert refusal(availability, utc(2026, 7, 31, 11, 0)) is Rule.MONTHLY_LIMIT
    assert refusal(availability, utc(2026, 7, 31, 12, 0)) is None
