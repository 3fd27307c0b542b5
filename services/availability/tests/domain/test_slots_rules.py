"""Boundary cases of each slot rule, for a host in Berlin around Monday 2026-06-01.

The file is long so that all rules are in one place.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window, day_windows, default_schedule
from linktime_availability.domain.slots import (
    Availability,
    ReservedTime,
    Rule,
    clash,
    free_starts,
    refusal,
)
from linktime_availability.domain.time_off import span_of
from linktime_availability.domain.wall_time import dates_span
from linktime_common.timezones import zone

BERLIN = zone("Europe/Berlin")
MINUTE, HOUR, DAY = 60, 3600, 86400
JUNE_1, JUNE_2 = date(2026, 6, 1), date(2026, 6, 2)
A, B, C = (UUID(int=number) for number in (1, 2, 3))


def at(clock: str, day: date = JUNE_1) -> int:
    """Return the instant of a Berlin wall time."""
    hour, minute = map(int, clock.split(":"))
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
    return int(wall.timestamp())


def hours(*windows: str, day: date = JUNE_1) -> dict[date, tuple[Window, ...]]:
    return {day: day_windows((window[:5], window[6:]) for window in windows)}


def open_on(overrides: dict[date, tuple[Window, ...]], **rules: object) -> Availability:
    """A host open on the given dates only; now is a week before June 1."""
    numbers = {"duration_minutes": 60, "slot_interval_minutes": 60, "minimum_notice_minutes": 0}
    return Availability(
        Schedule("Europe/Berlin", {}, overrides),
        BookingRules(**(numbers | rules)),  # type: ignore[arg-type]
        now=at("12:00", date(2026, 5, 25)),
    )


def open_weekly(monday: str, tuesday: str, **rules: object) -> Availability:
    """A host with one window on Mondays and one on Tuesdays; June 1 is a Monday."""
    weekly = {0: hours(monday)[JUNE_1], 1: hours(tuesday)[JUNE_1]}
    return replace(open_on({}, **rules), schedule=Schedule("Europe/Berlin", weekly))


def listed(availability: Availability, first: date = JUNE_1, last: date = JUNE_2) -> list[str]:
    """Return free starts as Berlin wall times; the second date's have a plus."""
    starts = free_starts(availability, *dates_span(BERLIN, first, last))
    walls = [datetime.fromtimestamp(start, BERLIN) for start in starts]
    return [f"{wall:%H:%M}" + "+" * (wall.date() - first).days for wall in walls]


def booking(start: str, end: str, booking_id: UUID = A, **numbers: object) -> ReservedTime:
    row = ReservedTime(booking_id, at(start), at(end), 0, 0, same_type=True)
    return row._replace(**numbers)  # type: ignore[arg-type]


def test_a_window_offers_whole_slots_only() -> None:
    """The last start is the one whose slot ends with the window."""
    assert listed(open_on(hours("09:00-11:30"))) == ["09:00", "10:00"]


def test_known_busy_time_must_cover_the_slot_and_its_buffer() -> None:
    """A slot may end with it; a host who ignores the rules is refused, too."""
    availability = open_on(hours("09:00-18:00"), buffer_after=30)
    known = replace(availability, known_until=at("12:30"))
    assert listed(known) == ["09:00", "10:00", "11:00"]
    assert refusal(known, at("12:00")) is Rule.CALENDAR_UNKNOWN
    assert [clash(known, at(time)) for time in ("11:00", "11:01")] == [None, Rule.CALENDAR_UNKNOWN]
    assert clash(known, at("11:00") + 0.5) is Rule.CALENDAR_UNKNOWN
    longer = replace(known, moving=A, duration_seconds=2 * HOUR)
    assert listed(longer) == ["09:00", "10:00"]
    assert listed(replace(known, is_unknown=True)) == []


def test_starts_step_by_the_interval_from_the_start_of_the_window() -> None:
    """The grid starts at the window, not at the hour; other instants are refused."""
    availability = open_on(hours("09:10-11:00"), slot_interval_minutes=25)
    assert listed(availability) == ["09:10", "09:35", "10:00"]
    assert refusal(availability, at("09:11")) is Rule.NOT_ON_GRID
    assert refusal(availability, at("09:10") + 0.5) is Rule.NOT_ON_GRID
    assert refusal(availability, at("09:09")) is Rule.OUTSIDE_HOURS
    assert refusal(availability, at("10:25")) is Rule.OUTSIDE_HOURS


def test_a_slot_longer_than_its_interval_overlaps_the_next() -> None:
    """Interval and duration are independent."""
    availability = open_on(hours("09:00-11:00"), slot_interval_minutes=15, duration_minutes=90)
    assert listed(availability) == ["09:00", "09:15", "09:30"]


def test_touching_windows_of_one_date_are_one() -> None:
    """The grid continues across the seam."""
    availability = open_on(hours("09:00-09:50", "09:50-12:00"))
    assert listed(availability) == ["09:00", "10:00", "11:00"]


def test_a_slot_does_not_cross_a_gap_between_windows() -> None:
    """One closed minute separates the windows."""
    availability = open_on(hours("09:00-10:30", "10:31-11:31"))
    assert listed(availability) == ["09:00", "10:31"]
    assert refusal(availability, at("10:00")) is Rule.OUTSIDE_HOURS


def test_a_slot_runs_on_over_midnight_into_the_next_date() -> None:
    """Consecutive windows are one open time, but each keeps its own grid."""
    availability = open_on(
        hours("22:20-24:00") | hours("00:00-02:00", day=JUNE_2), slot_interval_minutes=60
    )
    assert listed(availability) == ["22:20", "23:20", "00:00+", "01:00+"]


def test_a_slot_runs_on_through_windows_shorter_than_itself() -> None:
    """Neither date has two consecutive hours; together they have."""
    availability = open_on(
        hours("23:00-24:00") | hours("00:00-00:10", "00:10-01:00", day=JUNE_2),
        duration_minutes=120,
    )
    assert listed(availability) == ["23:00"]


def test_overlapping_windows_of_two_dates_list_an_instant_once() -> None:
    """Both grids count; shared starts appear once, all in order."""
    availability = open_weekly("22:00-02:00", "00:00-02:00", slot_interval_minutes=40)
    assert listed(availability) == [
        *("22:00", "22:40", "23:20"),
        *("00:00+", "00:40+"),
    ]
    other = replace(availability, rules=replace(availability.rules, slot_interval_minutes=50))
    assert listed(other) == ["22:00", "22:50", "23:40", "00:00+", "00:30+", "00:50+"]


def test_window_inside_a_longer_one_of_the_date_before() -> None:
    """A slot may extend past its window's end within the longer window."""
    availability = open_weekly("22:00-03:00", "00:30-00:40")
    assert listed(availability) == ["22:00", "23:00", "00:00+", "00:30+", "01:00+", "02:00+"]


def test_an_end_at_its_start_is_a_day_later() -> None:
    """09:00 to 09:00 is open for 24 hours."""
    availability = open_on(hours("09:00-09:00"), duration_minutes=1440)
    assert listed(availability) == ["09:00"]


def test_closing_a_date_removes_its_night() -> None:
    """The part after midnight belongs to the date the window starts on."""
    nights = Schedule("Europe/Berlin", {day: (Window(22 * 60, 2 * 60),) for day in range(7)})
    availability = replace(open_on({}), schedule=nights)
    night = ["00:00", "01:00", "22:00", "23:00", "00:00+", "01:00+", "22:00+", "23:00+"]
    assert listed(availability) == night
    closed = replace(availability, schedule=replace(nights, overrides={JUNE_1: ()}))
    assert listed(closed) == ["22:00+", "23:00+"]
    for start in (at("00:00"), at("22:00"), at("00:00", JUNE_2)):
        assert refusal(closed, start) is Rule.OUTSIDE_HOURS
    assert listed(closed, date(2026, 5, 31), date(2026, 5, 31))[-2:] == ["22:00", "23:00"]


@pytest.mark.parametrize(
    ("wednesday", "expected"),
    [
        ((), ["21:00", "22:00", "23:00"]),
        (("09:00-12:00",), ["21:00", "22:00", "23:00", "09:00+", "10:00+", "11:00+"]),
        (("00:00-02:00",), ["21:00", "22:00", "23:00", "00:00+", "01:00+"]),
        (("23:00-01:00",), ["21:00", "22:00", "23:00", "23:00+"]),
    ],
)
def test_hours_before_an_override(wednesday: tuple[str, ...], expected: list[str]) -> None:
    """A night of Tuesday, 21:00 to 03:00, ends where the overridden Wednesday begins."""
    first, last = JUNE_2, date(2026, 6, 3)
    night = open_weekly("09:00-09:30", "21:00-03:00").schedule
    overrides = hours(*wednesday, day=last)
    weekly = replace(open_on({}), schedule=replace(night, overrides=overrides))
    assert listed(weekly, first, last) == expected
    both = overrides | hours("21:00-03:00", day=first)
    assert listed(open_on(both), first, last) == expected


def test_slots_pass_the_midnight_of_an_override_without_a_gap() -> None:
    """Hours of the override that begin at midnight continue those of the night before."""
    both = hours("21:00-03:00") | hours("00:00-01:30", day=JUNE_2)
    availability = open_on(both, duration_minutes=90, slot_interval_minutes=90)
    assert listed(availability) == ["21:00", "22:30", "00:00+"]
    longer = replace(availability, duration_seconds=2 * HOUR, moving=A)
    assert listed(longer) == ["21:00", "22:30"]


def test_an_override_replaces_the_windows_of_its_date() -> None:
    """The weekly windows apply on other dates only."""
    office = default_schedule("Europe/Berlin")
    assert {day: len(windows) for day, windows in office.weekly.items()} == dict.fromkeys(
        range(5), 1
    )
    availability = replace(
        open_on({}), schedule=replace(office, overrides=hours("20:00-21:00", day=JUNE_1))
    )
    assert listed(availability, date(2026, 5, 30), JUNE_1) == ["20:00++"]
    assert listed(availability, JUNE_2, JUNE_2) == [f"{hour:02}:00" for hour in range(9, 17)]


def test_time_off_excludes_the_slots_that_overlap_it() -> None:
    """Touching is allowed, buffers may lie in it, and a move is excluded, too."""
    availability = replace(
        open_on(hours("09:00-14:00"), buffer_before=30, buffer_after=30),
        time_off=[(at("11:00"), at("12:00")), (at("13:30"), at("13:30"))],
    )
    assert listed(availability) == ["09:00", "10:00", "12:00", "13:00"]
    assert refusal(availability, at("11:00")) is Rule.TIME_OFF
    longer = replace(availability, moving=A, duration_seconds=2 * HOUR)
    assert listed(longer) == ["09:00", "12:00"]
    assert refusal(longer, at("10:00")) is Rule.TIME_OFF


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [
        (JUNE_1, JUNE_1, (at("00:00"), at("00:00", JUNE_2))),
        (date(2026, 3, 29), date(2026, 3, 29), (1774738800, 1774738800 + 23 * HOUR)),
        (datetime(2026, 6, 1, 9, 0, 0, 500, UTC), datetime(2026, 6, 1, 9, 0, 0, 600, UTC),
         (at("11:00"), at("11:00") + 1)),
    ],
)  # fmt: skip
def test_time_off_as_instants(since: date, until: date, span: tuple[int, int]) -> None:
    """Dates of the schedule's zone, both included; fractions of seconds are included."""
    assert span_of(since, until, BERLIN) == span


def test_notice_counts_elapsed_time_and_includes_its_boundary() -> None:
    """`start >= now + notice`, to the microsecond of now."""
    availability = replace(
        open_on(hours("09:00-13:00"), minimum_notice_minutes=90), now=at("08:30")
    )
    assert listed(availability) == ["10:00", "11:00", "12:00"]
    assert refusal(availability, at("09:00")) is Rule.NOTICE
    late = replace(availability, now=at("08:30") + 0.000_001)
    assert listed(late) == ["11:00", "12:00"]
    assert refusal(late, at("10:00")) is Rule.NOTICE


def test_notice_zero_still_hides_the_past() -> None:
    """A slot that starts now can be booked, one that started a second ago cannot."""
    availability = replace(open_on(hours("09:00-11:00")), now=at("09:00"))
    assert listed(availability) == ["09:00", "10:00"]
    assert listed(replace(availability, now=at("09:00") + 1)) == ["10:00"]


def test_notice_over_a_clock_change_is_elapsed_time() -> None:
    """24 hours before 09:00 on the short day is 08:00 the day before."""
    day = date(2026, 3, 29)
    availability = open_on(hours("09:00-10:00", day=day), minimum_notice_minutes=1440)
    before = at("08:00", date(2026, 3, 28))
    assert listed(replace(availability, now=before), day, day) == ["09:00"]
    assert listed(replace(availability, now=before + 1), day, day) == []


def test_the_last_day_of_the_horizon_is_whole() -> None:
    """It is counted in host-local dates, regardless of the current time of day."""
    week = {day: (Window(0, 1440),) for day in range(7)}
    availability = replace(
        open_on({}, max_days_in_advance=1), schedule=Schedule("Europe/Berlin", week)
    )
    for clock in ("00:00", "23:59"):
        today = replace(availability, now=at(clock))
        starts = free_starts(today, at("00:00"), at("00:00") + 9 * DAY)
        assert starts[-1] == at("23:00", JUNE_2)
        assert refusal(today, at("23:00", JUNE_2)) is None
        assert refusal(today, at("00:00", date(2026, 6, 3))) is Rule.HORIZON


def test_the_horizon_ends_at_midnight() -> None:
    """The date of the start counts, not that of the window."""
    availability = replace(open_on(hours("22:00-02:00"), max_days_in_advance=0), now=at("12:00"))
    assert listed(availability) == ["22:00", "23:00"]
    assert refusal(availability, at("00:00", JUNE_2)) is Rule.HORIZON


@pytest.mark.parametrize("taken", ["calendar", "booking"])
def test_touching_is_not_overlapping(taken: str) -> None:
    """A booking that ends when a slot starts, or starts when it ends, leaves it free."""
    availability = open_on(hours("09:00-12:00"))
    if taken == "calendar":
        availability = replace(availability, busy=[(at("10:00"), at("11:00"))])
    else:
        availability = replace(availability, reservations=[booking("10:00", "11:00")])
    assert listed(availability) == ["09:00", "11:00"]
    rule = Rule.CALENDAR_BUSY if taken == "calendar" else Rule.BUSY
    assert refusal(availability, at("10:00")) is rule


def test_one_second_of_overlap_is_enough() -> None:
    """At both ends of a slot."""
    availability = open_on(hours("09:00-12:00"))
    early = replace(availability, busy=[(at("10:00") - 1, at("10:30"))])
    assert listed(early) == ["11:00"]
    late = replace(availability, busy=[(at("10:30"), at("11:00") + 1)])
    assert listed(late) == ["09:00"]


def test_a_zero_length_event_blocks_nothing() -> None:
    """Neither in a slot nor in its buffers, nor does it hide later events."""
    moments = [(at(clock), at(clock)) for clock in ("09:00", "09:30", "10:00")]
    availability = replace(
        open_on(hours("09:00-12:00"), buffer_before=30, buffer_after=30), busy=moments
    )
    assert listed(availability) == ["09:00", "10:00", "11:00"]
    assert refusal(availability, at("09:00")) is None


def test_busy_time_in_any_order_nested_and_beyond_the_range() -> None:
    """Nested events, and a long one that started days ago, block."""
    availability = open_on(hours("09:00-17:00"))
    busy = [
        (at("13:00"), at("14:00")),
        (at("12:00"), at("16:00")),
        (at("12:30"), at("12:40")),
        (at("00:00") - 9 * DAY, at("09:01")),
        (at("16:30"), at("16:30") + 99 * DAY),
        (at("00:00") + 30 * DAY, at("00:00") + 31 * DAY),
    ]
    assert listed(replace(availability, busy=busy)) == ["10:00", "11:00"]
    assert listed(replace(availability, busy=[(0, 1 << 40)])) == []


def test_buffers_apply_to_calendar_events() -> None:
    """The buffers of a slot must be free, too; touching them is allowed."""
    availability = replace(
        open_on(hours("09:00-15:00"), buffer_before=30, buffer_after=15),
        busy=[(at("11:15"), at("11:30"))],
    )
    assert listed(availability) == ["09:00", "10:00", "12:00", "13:00", "14:00"]
    a_minute_more = replace(availability, busy=[(at("11:14"), at("11:31"))])
    assert listed(a_minute_more) == ["09:00", "13:00", "14:00"]
    assert refusal(a_minute_more, at("10:00")) is Rule.BUFFER
    assert refusal(a_minute_more, at("12:00")) is Rule.BUFFER
    assert refusal(a_minute_more, at("11:00")) is Rule.CALENDAR_BUSY


def test_a_booking_is_named_before_a_calendar() -> None:
    """A start that both exclude is `busy`."""
    availability = replace(
        open_on(hours("09:00-12:00")),
        busy=[(at("10:00"), at("11:00"))],
        reservations=[booking("10:00", "10:30")],
    )
    assert refusal(availability, at("10:00")) is Rule.BUSY


def test_unknown_calendars_exclude_every_start() -> None:
    """Starts outside the hours keep their own rule."""
    availability = replace(open_on(hours("09:00-12:00")), is_unknown=True)
    assert listed(availability) == []
    assert refusal(availability, at("10:00")) is Rule.CALENDAR_UNKNOWN
    assert refusal(availability, at("13:00")) is Rule.OUTSIDE_HOURS


def test_buffers_may_lie_outside_working_hours() -> None:
    """The buffers before the first slot and after the last one are outside working hours."""
    availability = open_on(hours("09:00-11:00"), buffer_before=240, buffer_after=240)
    assert listed(availability) == ["09:00", "10:00"]


def test_of_two_meetings_buffers_the_larger_counts() -> None:
    """Not the sum: 20 minutes after a booking and 30 before the slot are 30 minutes apart."""
    availability = open_on(
        hours("08:00-14:00"), buffer_before=30, buffer_after=10, slot_interval_minutes=10
    )
    ten_to_eleven = booking("10:00", "11:00", buffer_before=25 * MINUTE, buffer_after=20 * MINUTE)
    starts = listed(replace(availability, reservations=[ten_to_eleven]))
    assert [start for start in starts if "08:20" <= start <= "11:40"] == [
        "08:20",
        "08:30",
        "11:30",
        "11:40",
    ]


def test_buffers_of_a_booking_apply_to_a_slot_without_buffers() -> None:
    """A slot must not overlap a booking widened by that booking's buffers."""
    availability = replace(
        open_on(hours("08:00-14:00")),
        reservations=[booking("10:00", "11:00", buffer_before=1, buffer_after=HOUR)],
    )
    assert listed(availability) == ["08:00", "12:00", "13:00"]
    assert refusal(availability, at("09:00")) is Rule.BUFFER
    assert refusal(availability, at("11:00")) is Rule.BUFFER


def test_the_daily_limit_closes_a_date_once_reached() -> None:
    """Below the limit every slot of the date is listed; at the limit, none."""
    availability = replace(
        open_on(hours("09:00-12:00") | hours("09:00-10:00", day=JUNE_2), daily_limit=2),
        reservations=[booking("07:00", "08:00")],
    )
    assert listed(availability) == ["09:00", "10:00", "11:00", "09:00+"]
    two = [booking("07:00", "08:00"), booking("06:00", "07:00", B)]
    reached = replace(availability, reservations=two)
    assert listed(reached) == ["09:00+"]
    assert refusal(reached, at("09:00")) is Rule.DAILY_LIMIT
    assert refusal(reached, at("09:00", JUNE_2)) is None


def test_the_daily_limit_counts_by_the_hosts_date_of_the_start() -> None:
    """23:00 UTC is the next date in Berlin; the date of the start counts, not the window's."""
    availability = open_on(hours("22:00-02:00"), daily_limit=1)
    late = ReservedTime(A, at("23:59") - HOUR, at("23:59"), 0, 0, same_type=True)
    assert listed(replace(availability, reservations=[late])) == ["00:00+", "01:00+"]
    after_midnight = late._replace(start=at("00:00", JUNE_2), end=at("00:30", JUNE_2))
    assert datetime.fromtimestamp(after_midnight.start, UTC).date() == JUNE_1
    assert listed(replace(availability, reservations=[after_midnight])) == ["22:00", "23:00"]


def test_the_daily_limit_counts_only_bookings_of_its_own_type() -> None:
    """Another type's booking blocks its time but does not count."""
    other = booking("09:00", "10:00", same_type=False)
    availability = replace(open_on(hours("09:00-11:00"), daily_limit=1), reservations=[other])
    assert listed(availability) == ["10:00"]


def test_a_booking_with_two_reservations_counts_once() -> None:
    """Both block during a reschedule."""
    both = [booking("09:00", "10:00"), booking("11:00", "12:00")]
    availability = replace(open_on(hours("09:00-13:00"), daily_limit=2), reservations=both)
    assert listed(availability) == ["10:00", "12:00"]
    assert listed(replace(availability, rules=replace(availability.rules, daily_limit=1))) == []


def test_a_booking_being_moved_is_ignored() -> None:
    """Its time, its buffers and its count are ignored; those of others are not."""
    rows = [
        booking("10:00", "11:00", B, buffer_before=HOUR, buffer_after=HOUR),
        booking("07:00", "08:00", C, same_type=False),
    ]
    availability = replace(
        open_on(hours("07:00-12:00"), daily_limit=1), reservations=rows, moving=B
    )
    assert listed(availability) == ["08:00", "09:00", "10:00", "11:00"]
    assert refusal(availability, at("07:00")) is Rule.BUSY
    assert listed(replace(availability, moving=A)) == []


def test_a_move_keeps_the_length_of_the_booking() -> None:
    """`duration_seconds` replaces the event type's duration, for hours and overlaps."""
    availability = replace(
        open_on(hours("09:00-13:00")), duration_seconds=2 * HOUR, busy=[(at("12:30"), at("13:00"))]
    )
    assert listed(availability) == ["09:00", "10:00"]


def test_an_archived_type_allows_moves_only() -> None:
    """New bookings are refused, existing ones may be moved."""
    availability = open_on(hours("09:00-11:00"), active=False)
    assert listed(availability) == []
    assert refusal(availability, at("09:00")) is Rule.INACTIVE
    assert listed(replace(availability, moving=A)) == ["09:00", "10:00"]


def test_instants_outside_the_calendar() -> None:
    """They are refused by notice or horizon."""
    availability = open_on(hours("09:00-11:00"))
    assert refusal(availability, -(10**15)) is Rule.NOTICE
    assert refusal(availability, 10**15) is Rule.HORIZON
    assert free_starts(availability, at("09:00"), at("09:00")) == []
