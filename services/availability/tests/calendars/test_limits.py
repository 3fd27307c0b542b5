"""What is refused before it is expanded: by count, in this process."""

import pytest

from linktime_availability.calendars.expansion import Expansion, ExpansionLimits, RefusalReason
from linktime_availability.calendars.expansion.calendar import expand_object, window_of
from linktime_availability.calendars.expansion.results import WHOLE_OBJECT

from .corpus_cases import RULES, SINCE, UNTIL
from .hostile_objects import calendar, event, feed, long_line, many_exdates, nested

NEIGHBOUR_ONLY = ((1772697600, 1772701200),)  # 5 March 2026, 08:00 to 09:00 UTC
ON_10_MARCH = (1773129600, 1773133200)


def expand(data: bytes, limits: ExpansionLimits | None = None) -> Expansion:
    return expand_object(data, RULES, window_of(RULES, SINCE, UNTIL), limits or ExpansionLimits())


def refusals(found: Expansion) -> list[tuple[str, str]]:
    return [(one.uid, one.reason) for one in found.refused]


def test_a_body_beyond_the_limit_is_refused() -> None:
    """As a whole, without being read."""
    found = expand(calendar() + b"\r\n" * 5_000_000)
    assert refusals(found) == [(WHOLE_OBJECT, RefusalReason.TOO_LARGE)]


def test_too_many_events_are_refused_as_a_whole() -> None:
    """A part of a feed would make busy time free."""
    found = expand(feed(20), ExpansionLimits(events=20))
    assert refusals(found) == [(WHOLE_OBJECT, RefusalReason.TOO_MANY)]
    assert not found.intervals


def test_the_series_that_exceeds_the_intervals_is_refused() -> None:
    """Plain events come first, whatever the order of the text."""
    data = calendar(event("daily", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"))
    found = expand(data, ExpansionLimits(intervals=4))
    assert found.intervals == NEIGHBOUR_ONLY
    assert refusals(found) == [("daily", RefusalReason.TOO_MANY)]
    assert len(expand(data, ExpansionLimits(intervals=5)).intervals) == 5


def test_intervals_are_counted_after_merging() -> None:
    """Instances that touch are one."""
    data = calendar(event("hourly", "DURATION:PT1H", "RRULE:FREQ=HOURLY;COUNT=24"))
    assert len(expand(data, ExpansionLimits(intervals=2)).intervals) == 2


def test_events_of_bookings_are_counted_for_themselves() -> None:
    """They leave the limit to the others, and those over a limit of the same size are refused."""
    uids = [f"0190c7a2-0000-7000-8000-00000000000{number}@meet.example" for number in range(3)]
    found = expand(
        calendar(*(event(uid, "DURATION:PT1H") for uid in uids)), ExpansionLimits(intervals=2)
    )
    assert found.intervals == NEIGHBOUR_ONLY
    assert [one.intervals for one in found.bookings] == [(ON_10_MARCH,), (ON_10_MARCH,)]
    assert refusals(found) == [(uids[2], RefusalReason.TOO_MANY)]


def test_a_full_calendar_refuses_the_rest() -> None:
    """The first events in the order of the text are kept, each other one is counted."""
    hours = (f"DTSTART:202603{10 + n // 12}T{n % 12 * 2:02}0000Z" for n in range(200))
    data = calendar(*(event(f"e{n}", start, "DURATION:PT1H") for n, start in enumerate(hours)))
    found = expand(data, ExpansionLimits(intervals=50))
    assert len(found.intervals) == 50
    assert found.refused_count == 151
    assert {one.reason for one in found.refused} == {RefusalReason.TOO_MANY}


def test_each_hour_of_60_days_is_found() -> None:
    """Of a series that is six years old."""
    hourly = ("DTSTART:20200101T000000Z", "DURATION:PT30M", "RRULE:FREQ=HOURLY")
    found = expand(calendar(event("hourly", *hourly), neighbour=False))
    assert len(found.intervals) == 1_440
    assert not found.refused


def test_an_event_of_too_many_lines_is_refused() -> None:
    """Each would be read."""
    found = expand(calendar(event("lines", *["DTEND:20260310T090000Z"] * 20_000)))
    assert found.intervals == NEIGHBOUR_ONLY
    assert refusals(found) == [("lines", RefusalReason.TOO_MANY)]


def test_deep_nesting_loses_one_event() -> None:
    """Nothing recurses."""
    found = expand(calendar(nested(100_000)))
    assert found.intervals == NEIGHBOUR_ONLY
    assert refusals(found) == [("nested", RefusalReason.UNREADABLE)]


def test_a_long_line_loses_nothing() -> None:
    """Descriptions are not read; an event with such a rule is refused."""
    found = expand(calendar(long_line(4_000_000)))
    assert found.intervals == (*NEIGHBOUR_ONLY, ON_10_MARCH)
    assert refusals(found) == [("long-rule", RefusalReason.UNREADABLE)]


def test_too_many_exceptions_are_refused() -> None:
    """They are counted before they are read."""
    found = expand(calendar(many_exdates(100_000)))
    assert found.intervals == NEIGHBOUR_ONLY
    assert refusals(found) == [("exdates", RefusalReason.TOO_MANY)]


def test_the_list_of_refusals_is_limited_and_counted() -> None:
    """One line for each would be as long as the feed."""
    found = expand(calendar(*(event(f"e{n}", "RRULE:FREQ=SECONDLY") for n in range(300))))
    assert len(found.refused) == 100
    assert found.refused_count == 300


def test_a_large_feed_is_expanded() -> None:
    """Five thousand events, 144 of them and the neighbour in the 60 days of the window."""
    found = expand(feed(5_000))
    assert found.events == 5_001
    assert not found.refused
    assert len(found.intervals) == 145


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=HOURLY", None),
        ("FREQ=HOURLY;INTERVAL=2;BYMINUTE=0,30", None),
        ("FREQ=HOURLY;BYMINUTE=0,30", RefusalReason.TOO_FREQUENT),
        ("FREQ=HOURLY;BYHOUR=9,10;BYMINUTE=0,30", None),
        ("FREQ=YEARLY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", RefusalReason.TOO_FREQUENT),
        ("FREQ=WEEKLY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3", RefusalReason.TOO_FREQUENT),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2;BYSECOND=1,2,3,4", None),
        ("FREQ=SOMETIMES", RefusalReason.UNREADABLE),
        ("BYDAY=MO", RefusalReason.UNREADABLE),
        ("FREQ=DAILY;INTERVAL=-1", RefusalReason.UNREADABLE),
        ("", RefusalReason.UNREADABLE),
    ],
)
def test_at_most_24_a_day(rule: str, reason: RefusalReason | None) -> None:
    """Hours times minutes times seconds; an hourly rule has 24 hours divided by its interval."""
    found = expand(calendar(event("x", "DURATION:PT1S", f"RRULE:{rule}")))
    assert refusals(found) == ([] if reason is None else [("x", reason)])


def test_two_rules_are_counted_together() -> None:
    """Of one event."""
    rules = [
        f"RRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(13)))};BYMINUTE={m}" for m in (0, 30)
    ]
    found = expand(calendar(event("x", "DURATION:PT1S", *rules)))
    assert refusals(found) == [("x", RefusalReason.TOO_FREQUENT)]
