"""`verdicts`: the starts of a date, and the rule that excludes each."""

import random
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.slots import (
    Availability,
    ReservedTime,
    Rule,
    free_starts,
    refusal,
    verdicts,
)
from linktime_availability.domain.wall_time import dates_span
from linktime_common.timezones import zone

from .situations import random_situation

UTC = zone("UTC")
MONDAY = date(2026, 6, 1)
MIDNIGHT, _ = SPAN = dates_span(UTC, MONDAY, MONDAY)
NINE = MIDNIGHT + 9 * 3600


def morning(*reservations: ReservedTime, **rules: object) -> Availability:
    """Open on Mondays from nine to noon, UTC, in hourly slots; now is the Friday before."""
    numbers = {"duration_minutes": 60, "slot_interval_minutes": 60, "minimum_notice_minutes": 0}
    return Availability(
        Schedule("UTC", {0: (Window(540, 720),)}),
        BookingRules(**(numbers | rules)),  # type: ignore[arg-type]
        now=MIDNIGHT - 3 * 86_400,
        reservations=reservations,
    )


def by_minute(availability: Availability) -> list[tuple[int, Rule | None]]:
    """Return minutes since nine, with the rule."""
    return [((start - NINE) // 60, rule) for start, rule in verdicts(availability, *SPAN)]


def test_a_start_too_late_for_a_whole_slot_is_outside_the_hours() -> None:
    """It is included because it is on the grid; the starts before it are free."""
    outside = Rule.OUTSIDE_HOURS
    half_hours = morning(slot_interval_minutes=30)
    assert by_minute(half_hours) == [(0, None), (30, None), (60, None), (90, None), (120, None),
                                     (150, outside)]  # fmt: skip


def test_the_first_rule_counts() -> None:
    """A start that several rules exclude has the first of them."""
    taken = ReservedTime(UUID(int=1), NINE + 3600, NINE + 7200, 0, 0, same_type=True)
    assert by_minute(morning(taken)) == [(0, None), (60, Rule.BUSY), (120, None)]
    assert by_minute(morning(taken, buffer_before=30)) == [
        (0, None),
        (60, Rule.BUSY),
        (120, Rule.BUFFER),
    ]
    full = morning(taken, daily_limit=1)
    assert {rule for _, rule in by_minute(full)} == {Rule.DAILY_LIMIT}
    assert {rule for _, rule in by_minute(replace(full, now=MIDNIGHT + 86_400))} == {Rule.NOTICE}
    assert {rule for _, rule in by_minute(morning(taken, max_days_in_advance=2))} == {Rule.HORIZON}
    assert {rule for _, rule in by_minute(morning(taken, active=False))} == {Rule.INACTIVE}


def test_a_closed_date_has_no_starts() -> None:
    """The list is empty."""
    closed = morning()
    assert verdicts(closed, SPAN[1], SPAN[1] + 86_400) == []
    overridden = replace(closed, schedule=replace(closed.schedule, overrides={MONDAY: ()}))
    assert verdicts(overridden, *SPAN) == []


def test_a_window_from_the_evening_before_keeps_its_grid() -> None:
    """Starts after midnight are on the grid of their window."""
    night = morning(slot_interval_minutes=50, duration_minutes=30)
    night = replace(night, schedule=Schedule("UTC", {6: (Window(1380, 120),)}))
    begin = MIDNIGHT - 3600
    assert [(start - begin) // 60 for start, _ in verdicts(night, *SPAN)] == [100, 150]


@pytest.mark.parametrize("seed", range(10))
def test_verdicts_agree_with_list_and_refusal(seed: int) -> None:
    """Starts without a rule are listed; each rule equals that of `refusal`."""
    draw = random.Random(2000 + seed)
    seen: set[Rule | None] = set()
    for number in range(60):
        situation = random_situation(draw)
        availability, span = situation.availability, situation.span
        explained = verdicts(availability, *span)
        starts = [start for start, _ in explained]
        assert starts == sorted(set(starts))
        assert all(span[0] <= start < span[1] for start in starts)
        free = [start for start, rule in explained if rule is None]
        assert free == free_starts(availability, *span), (seed, number, situation)
        for start, rule in draw.sample(explained, min(12, len(explained))):
            assert refusal(availability, start) is rule, (seed, number, start, situation)
        seen |= {rule for _, rule in explained}
    assert {None, Rule.NOTICE, Rule.OUTSIDE_HOURS, Rule.BUSY, Rule.BUFFER} <= seen
    assert Rule.NOT_ON_GRID not in seen
