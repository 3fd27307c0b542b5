"""An override decides its whole date, also on days of clock changes."""

import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from linktime_availability.domain.open_hours import windows
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.wall_time import Span, dates_span, days_that_occur, local_day
from linktime_common.timezones import zone

from .situations import PLACES, random_windows

MINUTE = 60
DAYS = range(-3, 4)


def minutes_of(schedule: Schedule, span: Span) -> set[int]:
    """Return the open minutes in the span."""
    return {
        minute
        for first, end in windows(schedule, *span)
        for minute in range(max(first, span[0]), min(end, span[1]), MINUTE)
    }


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), st.integers(min_value=0), st.sampled_from((-1, 0, 1)))
def test_an_override_decides_its_whole_date(
    place: tuple[str, date], seed: int, days_from_change: int
) -> None:
    """On its date only its own hours are open, whatever the dates before have; a date before
    loses nothing else."""
    name, change = place
    draw, day = random.Random(seed), change + timedelta(days=days_from_change)
    weekly = {weekday: random_windows(draw) for weekday in range(7)}
    hours = draw.choice((random_windows(draw), ()))
    without, alone = Schedule(name, weekly), Schedule(name, {}, {day: hours})
    both = replace(without, overrides={day: hours})
    span = dates_span(zone(name), change - timedelta(days=4), change + timedelta(days=4))
    date_span = dates_span(zone(name), day, day)
    assert minutes_of(both, date_span) == minutes_of(alone, date_span)
    before = span[0], date_span[0]
    assert minutes_of(both, before) == minutes_of(without, before)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), st.integers(min_value=0))
def test_all_dates_overridden_are_independent(place: tuple[str, date], seed: int) -> None:
    """Each date has exactly its own hours up to its midnight."""
    name, change = place
    draw = random.Random(seed)
    overrides = {change + timedelta(days=number): random_windows(draw) for number in DAYS}
    schedule = Schedule(name, {}, overrides)
    days = days_that_occur(zone(name), *(min(overrides).toordinal(), max(overrides).toordinal()))
    for number in days:
        day = date.fromordinal(number)
        span = dates_span(zone(name), day, day)
        alone = Schedule(name, {}, {day: overrides[day]})
        assert minutes_of(schedule, span) == minutes_of(alone, span), day
        assert local_day(zone(name), span[0]) == number
