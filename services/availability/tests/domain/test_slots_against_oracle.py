"""The slot rules against a second, slow and simple implementation.

The oracle does no epoch arithmetic: it steps through the zone's wall clock and checks every rule
for every step of five minutes, of which the windows, intervals and durations of the situations
are multiples. Situations are random but reproducible; a failure prints its seed.
"""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.slots import Availability, clash, free_starts, refusal

from .situations import DAY, DAYS_ASKED, Situation, random_situation

MINUTE = timedelta(minutes=1)
STEP = timedelta(minutes=5)
QUARTER = timedelta(minutes=15)


@cache
def watched(place: ZoneInfo, around: date) -> list[tuple[datetime, datetime]]:
    """Return (instant, wall time) every quarter of an hour for some days."""
    moment = datetime(around.year, around.month, around.day, tzinfo=UTC) - 2 * DAY
    return [
        (moment + step * QUARTER, (moment + step * QUARTER).astimezone(place).replace(tzinfo=None))
        for step in range(4 * 96)
    ]


@cache
def read_wall(place: ZoneInfo, wall: datetime) -> datetime:
    """Return when the clock first shows `wall`; if never, extrapolate from the time before."""
    before = None
    for moment, shown in watched(place, wall.date()):
        if shown <= wall < shown + QUARTER:
            return moment + (wall - shown)
        if shown > wall and before is not None:
            return before[0] + (wall - before[1])
        before = moment, shown
    raise AssertionError("`wall` is outside the watched days")


def occurs(place: ZoneInfo, day: date) -> bool:
    return any(shown.date() == day for _, shown in watched(place, day))


def hours_of(schedule: Schedule, day: date) -> list[tuple[datetime, datetime]]:
    """Return the joined wall-time windows of a date."""
    windows = schedule.overrides.get(day, schedule.weekly.get(day.weekday(), ()))
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  wall time
    hours: list[tuple[datetime, datetime]] = []
    for window in windows:
        start = midnight + window.start_minute * MINUTE
        end = midnight + window.end_minute * MINUTE
        if end <= start:
            end += DAY
        if hours and hours[-1][1] == start:
            start = hours.pop()[0]
        hours.append((start, end))
    return hours


def overridden_later(schedule: Schedule, place: ZoneInfo, day: date, moment: datetime) -> bool:
    """Return whether a moment of the hours of `day` is on a later date with hours of its own."""
    shown = moment.astimezone(place).date()
    return any(day < other <= shown and occurs(place, other) for other in schedule.overrides)


def overlap(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> bool:
    return max(a[0], b[0]) < min(a[1], b[1])


def instants(*seconds: int) -> tuple[datetime, ...]:
    return tuple(datetime.fromtimestamp(second, UTC) for second in seconds)


def is_clear(availability: Availability, start: datetime, length: timedelta) -> bool:
    """Return whether no calendar event and no other booking conflicts."""
    rules = availability.rules
    slot = start, start + length
    wide = slot[0] - rules.buffer_before * MINUTE, slot[1] + rules.buffer_after * MINUTE
    if availability.is_unknown:
        return False
    if availability.known_until is not None and wide[1] > instants(availability.known_until)[0]:
        return False
    for off in availability.time_off:
        if overlap(slot, instants(*off)):  # type: ignore[arg-type]
            return False
    for event in availability.busy:
        if overlap(wide, instants(*event)):  # type: ignore[arg-type]
            return False
    for other in availability.reservations:
        if other.booking_id == availability.moving:
            continue
        theirs = instants(other.start, other.end)
        widened = instants(other.start - other.buffer_before, other.end + other.buffer_after)
        if overlap(wide, theirs) or overlap(slot, widened):  # type: ignore[arg-type]
            return False
    return True


def within_limits(availability: Availability, start: datetime) -> bool:
    """Return whether notice, horizon and limits allow the start."""
    rules = availability.rules
    place = ZoneInfo(availability.schedule.timezone)
    now = datetime.fromtimestamp(availability.now, UTC)
    day = start.astimezone(place).date()
    if start < now + rules.minimum_notice_minutes * MINUTE:
        return False
    if day > now.astimezone(place).date() + rules.max_days_in_advance * DAY:
        return False
    counted = {
        (other.booking_id, datetime.fromtimestamp(other.start, place).date())
        for other in availability.reservations
        if other.same_type and other.booking_id != availability.moving
    }
    limits = (
        (rules.daily_limit, date.isoformat),
        (rules.weekly_limit, lambda one: one.isocalendar()[:2]),
        (rules.monthly_limit, lambda one: (one.year, one.month)),
    )
    return all(
        limit is None
        or len({booking for booking, on in counted if period(on) == period(day)}) < limit
        for limit, period in limits
    )


def oracle(situation: Situation) -> list[int]:
    """Return every bookable start by checking every step."""
    availability = situation.availability
    rules, schedule = availability.rules, availability.schedule
    if not rules.active and availability.moving is None:
        return []
    place = ZoneInfo(schedule.timezone)
    length = timedelta(seconds=availability.duration_seconds or rules.duration_minutes * 60)
    assert rules.slot_interval_minutes * MINUTE % STEP == length % STEP == timedelta()
    opened: set[datetime] = set()
    on_grid: set[datetime] = set()
    first_day = situation.since.date() - 3 * DAY
    for day in (first_day + number * DAY for number in range(DAYS_ASKED + 7)):
        for start, end in hours_of(schedule, day) if occurs(place, day) else ():
            moment, last = read_wall(place, start), read_wall(place, end)
            assert (moment - situation.since) % STEP == (last - moment) % STEP == timedelta()
            elapsed = timedelta()
            while moment < last and not overridden_later(schedule, place, day, moment):
                opened.add(moment)
                if not elapsed % (rules.slot_interval_minutes * MINUTE):
                    on_grid.add(moment)
                elapsed += STEP
                moment += STEP
    until = situation.since + DAYS_ASKED * DAY
    return [
        int(start.timestamp())
        for start in sorted(on_grid)
        if situation.since <= start < until
        and all(start + number * STEP in opened for number in range(length // STEP))
        and within_limits(availability, start)
        and is_clear(availability, start, length)
    ]


SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_list_equals_oracle(seed: int) -> None:
    """With random hours, rules, events and bookings."""
    draw = random.Random(seed)
    seen = 0
    for number in range(60):
        situation = random_situation(draw)
        expected = oracle(situation)
        seen += len(expected)
        listed = free_starts(situation.availability, *situation.span)
        assert listed == expected, (seed, number, situation)
    assert seen > 300  # without slots the test would prove nothing


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_the_listed_starts_can_be_booked(seed: int) -> None:
    """10,000 situations: `refusal` agrees with `free_starts` for each instant."""
    draw = random.Random(1000 + seed)
    free = refused = 0
    for number in range(500):
        situation = random_situation(draw)
        first, last = situation.span
        listed = free_starts(situation.availability, first, last)
        assert listed == sorted(set(listed))
        tried = draw.sample(listed, min(3, len(listed)))
        tried += [start + draw.choice((-1, 1)) * draw.choice((1, 60, 300, 1800)) for start in tried]
        tried += [draw.randrange(first, last, 300) for _ in range(4)]
        for start in tried:
            if first <= start < last:
                answer = refusal(situation.availability, start)
                assert (answer is None) == (start in listed), (seed, number, start, situation)
                free, refused = free + (answer is None), refused + (answer is not None)
    assert free > 300
    assert refused > 1000


def test_a_host_who_ignores_the_rules_is_refused_by_conflicts_only() -> None:
    """`clash` agrees with the oracle's conflicts, within 730 days."""
    draw = random.Random(8)
    free = refused = 0
    for number in range(1500):
        availability = random_situation(draw).availability
        rules = availability.rules
        length = timedelta(seconds=availability.duration_seconds or rules.duration_minutes * 60)
        start = int(availability.now) + draw.randrange(-3600, 4 * 86_400, 300)
        expected = (
            not availability.archived
            and start >= availability.now
            and is_clear(replace(availability, time_off=()), *instants(start), length)
        )
        assert (clash(availability, start) is None) == expected, (number, start, availability)
        free, refused = free + expected, refused + (not expected)
    assert min(free, refused) > 300


def test_situations_cover_every_rule() -> None:
    """Each rule refuses at least once; else part of the property is untested."""
    draw = random.Random(7)
    reasons = set()
    for _ in range(600):
        situation = random_situation(draw)
        for start in range(*situation.span, 3 * 3600):
            reasons.add(refusal(situation.availability, start))
    assert {str(reason) for reason in reasons} == {
        "None", "inactive", "notice", "horizon", "outside_hours", "not_on_grid",
        "time_off", "daily_limit", "weekly_limit", "monthly_limit", "busy", "calendar_busy",
        "calendar_unknown", "buffer",
    }  # fmt: skip
