"""The data files in `corpus/`, read in this process: no limits are needed for them."""

import pytest

from linktime_availability.calendars.expansion import ExpansionLimits
from linktime_availability.calendars.expansion.calendar import expand_object, window_of

from .corpus_cases import RULES, SINCE, UNTIL, Case, answer_of, cases, expected


@pytest.mark.parametrize("case", [*cases("busy"), *cases("hostile")], ids=lambda one: one.name)
def test_the_answer_is_the_one_stated_by_hand(case: Case) -> None:
    """Busy intervals, refused series and the number of events."""
    found = expand_object(case.data, RULES, window_of(RULES, SINCE, UNTIL), ExpansionLimits())
    assert answer_of(found, case) == expected(case)
    assert found.refused_count == len(case.answer["refused"])
