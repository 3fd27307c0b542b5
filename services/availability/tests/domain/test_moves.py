"""Listing and checking agree for a booking that is to be moved."""

import random
from dataclasses import replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from linktime_availability.domain.slots import Rule, free_starts, refusal

from .situations import random_situation

BOOKING = UUID(int=0)
STEP = 300


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0), st.sampled_from((1_200, 2_700, 5_400)))
def test_exactly_the_listed_starts_can_be_moved_to(seed: int, seconds: int) -> None:
    """Every five minutes of two days; the booking has a length of its own."""
    situation = random_situation(random.Random(seed))
    availability = replace(situation.availability, moving=BOOKING, duration_seconds=seconds)
    first, last = situation.span
    listed = free_starts(availability, first, last)
    allowed = [at for at in range(first, last, STEP) if refusal(availability, at) is None]
    assert [start for start in listed if start % STEP == first % STEP] == allowed
    assert all(refusal(availability, start) is None for start in listed)


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0), st.booleans())
def test_own_reservations_change_nothing(seed: int, active: bool) -> None:
    """Without them, and with the event type archived or not, the answers are the same."""
    situation = random_situation(random.Random(seed))
    availability = replace(situation.availability, moving=BOOKING)
    without = replace(
        availability,
        reservations=availability.others,
        rules=replace(availability.rules, active=active),
    )
    listed = free_starts(availability, *situation.span)
    assert listed == free_starts(without, *situation.span)
    assert Rule.INACTIVE not in {refusal(without, start) for start in listed}
