"""The data files in `corpus/`, read in this process: no limits are needed for them."""

from dataclasses import replace

import pytest

from linktime_availability.calendars.expansion import ExpansionLimits
from linktime_availability.calendars.expansion.calendar import expand_object, window_of

from .corpus_cases import RULES, SINCE, UNTIL, Case, answer_of, cases, expected


@pytest.mark.parametrize("case", [*cases("busy"), *cases("hostile")], ids=lambda one: one.name)
def test_the_answer_is_the_one_stated_by_hand(case: Case) -> None:
    """Busy intervals, refused series, unknown zones and the number of events."""
    rules = replace(RULES, **case.answer["rules"])
    found = expand_object(case.data, rules, window_of(rules, SINCE, UNTIL), ExpansionLimits())
    assert answer_of(found, case) == expected(case)
    assert found.refused_count == len(case.answer["refused"])
