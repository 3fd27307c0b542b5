"""Working hours on days of clock changes. The file is long because it contains one table."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, day_windows
from linktime_availability.domain.slots import Availability, free_starts, refusal
from linktime_availability.domain.wall_time import dates_span, local_day
from linktime_common.timezones import zone

HOUR = 3600


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Case:
    """Hours of single dates in a zone, and the expected open time in UTC."""

    name: str
    zone: str
    hours: dict[str, str]
    open_time: tuple[tuple[str, str], ...]
    slot_minutes: int = 30

    def availability(self) -> Availability:
        overrides = {
            date.fromisoformat(day): day_windows(
                (window[:5], window[6:]) for window in windows.split()
            )
            for day, windows in self.hours.items()
        }
        first = min(overrides)
        rules = BookingRules(
            self.slot_minutes, self.slot_minutes, minimum_notice_minutes=0, max_days_in_advance=60
        )
        return Availability(
            Schedule(self.zone, {}, overrides),
            rules,
            now=datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
            - 5 * 24 * HOUR,
        )

    def starts(self) -> list[int]:
        step = self.slot_minutes * 60
        return [
            start
            for begin, end in self.open_time
            for start in range(epoch(begin), epoch(end) - step + 1, step)
        ]


ALL_DAY = "00:00-24:00"
CASES = [
    Case(
        "New York spring, whole day of 23 hours",
        "America/New_York",
        {"2026-03-08": ALL_DAY},
        (("2026-03-08T05:00", "2026-03-09T04:00"),),
    ),
    Case(
        "New York autumn, whole day of 25 hours",
        "America/New_York",
        {"2026-11-01": ALL_DAY},
        (("2026-11-01T04:00", "2026-11-02T05:00"),),
    ),
    Case(
        "New York spring, hours inside the gap are read with the offset before it",
        "America/New_York",
        {"2026-03-08": "02:15-02:45"},
        (("2026-03-08T07:15", "2026-03-08T07:45"),),
    ),
    Case(
        "New York spring, an end inside the gap",
        "America/New_York",
        {"2026-03-08": "01:00-02:30"},
        (("2026-03-08T06:00", "2026-03-08T07:30"),),
    ),
    Case(
        "New York spring, a start in the gap that passes the end leaves nothing",
        "America/New_York",
        {"2026-03-08": "02:30-03:00"},
        (),
    ),
    Case(
        "New York spring, windows that touch inside the gap are joined before they are read",
        "America/New_York",
        {"2026-03-08": "02:00-02:30 02:30-03:00"},
        (),
    ),
    Case(
        "New York spring, windows on both sides of the gap follow each other",
        "America/New_York",
        {"2026-03-08": "01:00-02:00 03:00-04:00"},
        (("2026-03-08T06:00", "2026-03-08T08:00"),),
        60,
    ),
    Case(
        "New York spring, over midnight into the gap",
        "America/New_York",
        {"2026-03-07": "22:00-03:30"},
        (("2026-03-08T03:00", "2026-03-08T07:30"),),
    ),
    Case(
        "New York autumn, a repeated time is its first occurrence, as a start",
        "America/New_York",
        {"2026-11-01": "01:30-02:00"},
        (("2026-11-01T05:30", "2026-11-01T07:00"),),
    ),
    Case(
        "New York autumn, a repeated time is its first occurrence, as an end",
        "America/New_York",
        {"2026-11-01": "01:00-01:30"},
        (("2026-11-01T05:00", "2026-11-01T05:30"),),
    ),
    Case(
        "London spring",
        "Europe/London",
        {"2026-03-29": ALL_DAY},
        (("2026-03-29T00:00", "2026-03-29T23:00"),),
    ),
    Case(
        "London autumn",
        "Europe/London",
        {"2026-10-25": ALL_DAY},
        (("2026-10-24T23:00", "2026-10-26T00:00"),),
    ),
    Case(
        "Berlin, the same wall hours before and after the change",
        "Europe/Berlin",
        {"2026-03-28": "09:00-10:00", "2026-03-29": "09:00-10:00"},
        (("2026-03-28T08:00", "2026-03-28T09:00"), ("2026-03-29T07:00", "2026-03-29T08:00")),
    ),
    Case(
        "Lord Howe spring, half an hour is missing",
        "Australia/Lord_Howe",
        {"2026-10-04": ALL_DAY},
        (("2026-10-03T13:30", "2026-10-04T13:00"),),
    ),
    Case(
        "Lord Howe autumn, half an hour repeats",
        "Australia/Lord_Howe",
        {"2026-04-05": ALL_DAY},
        (("2026-04-04T13:00", "2026-04-05T13:30"),),
    ),
    Case(
        "Lord Howe spring, inside the half hour",
        "Australia/Lord_Howe",
        {"2026-10-04": "02:10-02:20 02:40-03:00"},
        (("2026-10-03T15:40", "2026-10-03T15:50"), ("2026-10-03T15:40", "2026-10-03T16:00")),
        10,
    ),
    Case(
        "Casablanca, clocks an hour back for Ramadan",
        "Africa/Casablanca",
        dict.fromkeys(("2026-02-14", "2026-02-15", "2026-03-21", "2026-03-22"), "09:00-10:00"),
        (
            ("2026-02-14T08:00", "2026-02-14T09:00"),
            ("2026-02-15T09:00", "2026-02-15T10:00"),
            ("2026-03-21T09:00", "2026-03-21T10:00"),
            ("2026-03-22T08:00", "2026-03-22T09:00"),
        ),
    ),
    Case(
        "Kathmandu, +05:45",
        "Asia/Kathmandu",
        {"2026-03-08": "09:00-10:00"},
        (("2026-03-08T03:15", "2026-03-08T04:15"),),
    ),
    Case(
        "Apia, a date that never occurred has no hours",
        "Pacific/Apia",
        {"2011-12-29": "22:00-24:00", "2011-12-30": "09:00-17:00", "2011-12-31": "00:00-01:00"},
        (("2011-12-30T08:00", "2011-12-30T11:00"),),
    ),
    Case(
        "Apia, a night that reaches the skipped date continues on the next",
        "Pacific/Apia",
        {"2011-12-29": "22:00-02:00"},
        (("2011-12-30T08:00", "2011-12-30T12:00"),),
    ),
    Case(
        "Sao Paulo, no midnight",
        "America/Sao_Paulo",
        {"2018-11-04": ALL_DAY},
        (("2018-11-04T03:00", "2018-11-05T02:00"),),
    ),
    Case(
        "Sao Paulo, hours that fill the missing hour are none",
        "America/Sao_Paulo",
        {"2018-11-04": "00:00-01:00"},
        (),
    ),
    Case(
        "Sao Paulo, hours that start in the missing hour",
        "America/Sao_Paulo",
        {"2018-11-04": "00:30-02:00"},
        (("2018-11-04T03:30", "2018-11-04T04:00"),),
    ),
    Case(
        "Sao Paulo, the day before midnight repeats its last hour",
        "America/Sao_Paulo",
        {"2018-02-17": ALL_DAY},
        (("2018-02-17T02:00", "2018-02-18T03:00"),),
    ),
    Case(
        "Cairo, no midnight",
        "Africa/Cairo",
        {"2026-04-24": ALL_DAY},
        (("2026-04-23T22:00", "2026-04-24T21:00"),),
    ),
    Case(
        "Beirut, the evening before a missing midnight ends where it should",
        "Asia/Beirut",
        {"2026-03-28": "22:00-24:00"},
        (("2026-03-28T20:00", "2026-03-28T22:00"),),
    ),
    Case(
        "Azores, midnight occurs twice and the date begins with the first",
        "Atlantic/Azores",
        {"2026-10-24": "23:00-24:00", "2026-10-25": ALL_DAY},
        (("2026-10-24T23:00", "2026-10-26T01:00"),),
    ),
    Case(
        "Nuuk, the last hour of the day is missing",
        "America/Nuuk",
        {"2026-03-28": "22:00-24:00"},
        (("2026-03-29T00:00", "2026-03-29T01:00"),),
    ),
    Case(
        "Nuuk, hours in the gap before midnight are read past it",
        "America/Nuuk",
        {"2026-03-28": "23:15-23:45"},
        (("2026-03-29T01:15", "2026-03-29T01:45"),),
    ),
    Case(
        "Nuuk, the end of the window of two dates ago is carried over one more midnight",
        "America/Nuuk",
        {"2026-03-27": "23:30-23:30"},
        (("2026-03-28T01:30", "2026-03-29T01:30"),),
    ),
    Case(
        "Troll, two hours are missing",
        "Antarctica/Troll",
        {"2026-03-29": ALL_DAY},
        (("2026-03-29T00:00", "2026-03-29T22:00"),),
    ),
    Case(
        "Troll, two hours repeat",
        "Antarctica/Troll",
        {"2026-10-25": ALL_DAY},
        (("2026-10-24T22:00", "2026-10-26T00:00"),),
    ),
    Case(
        "Troll, hours that start inside a gap as long as they are leave nothing",
        "Antarctica/Troll",
        {"2026-03-29": "01:30-03:30"},
        (),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hours_on_a_day_of_a_clock_change(case: Case) -> None:
    """The listed starts are exactly the expected open time, and `refusal` allows each of them."""
    availability = case.availability()
    middle = min(availability.schedule.overrides)
    since = int(datetime(middle.year, middle.month, middle.day, tzinfo=UTC).timestamp()) - 3 * 86400
    listed = free_starts(availability, since, since + 60 * 86400)
    assert listed == sorted(set(case.starts()))
    assert [refusal(availability, start) for start in listed] == [None] * len(listed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_result_does_not_depend_on_range(case: Case) -> None:
    """Listing hour by hour equals listing at once."""
    availability = case.availability()
    first = min(availability.schedule.overrides)
    since = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) - 86400
    hours = range(since, since + 4 * 86400, HOUR)
    by_hour = [start for hour in hours for start in free_starts(availability, hour, hour + HOUR)]
    assert by_hour == free_starts(availability, since, since + 4 * 86400)


@pytest.mark.parametrize(
    ("name", "first", "last", "span"),
    [
        ("UTC", "2026-03-01", "2026-03-01", ("2026-03-01T00:00", "2026-03-02T00:00")),
        ("America/New_York", "2026-03-08", "2026-03-08", ("2026-03-08T05:00", "2026-03-09T04:00")),
        ("America/New_York", "2026-10-31", "2026-11-01", ("2026-10-31T04:00", "2026-11-02T05:00")),
        ("Africa/Cairo", "2026-04-24", "2026-04-24", ("2026-04-23T22:00", "2026-04-24T21:00")),
        ("Africa/Cairo", "2026-04-23", "2026-04-23", ("2026-04-22T22:00", "2026-04-23T22:00")),
        ("Atlantic/Azores", "2026-10-25", "2026-10-25", ("2026-10-25T00:00", "2026-10-26T01:00")),
        ("Pacific/Apia", "2011-12-30", "2011-12-30", ("2011-12-30T10:00", "2011-12-30T10:00")),
        ("Pacific/Apia", "2011-12-29", "2011-12-31", ("2011-12-29T10:00", "2011-12-31T10:00")),
        ("Asia/Kathmandu", "2026-01-01", "2026-01-01", ("2025-12-31T18:15", "2026-01-01T18:15")),
    ],
)
def test_dates_of_a_zone_as_instants(
    name: str, first: str, last: str, span: tuple[str, str]
) -> None:
    """Both dates are included; a date the zone skipped is empty."""
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert dates_span(zone(name), *days) == (epoch(span[0]), epoch(span[1]))


@pytest.mark.parametrize("name", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Africa/Monrovia"])
def test_ends_of_the_calendar(name: str) -> None:
    """The first and last date have instants, and no slots."""
    availability = CASES[0].availability()
    for day in (date.min, date.max):
        since, until = dates_span(zone(name), day, day)
        assert until - since == 86400
        assert free_starts(availability, since, until) == []


def test_local_day() -> None:
    """First and last second of a day are that day, the seconds around them its neighbours."""
    for name in ("America/New_York", "Africa/Cairo", "Atlantic/Azores", "Antarctica/Troll"):
        place = zone(name)
        day = date(2026, 1, 1)
        while day < date(2027, 1, 1):
            since, until = dates_span(place, day, day)
            shown = [local_day(place, moment) for moment in (since - 1, since, until - 1, until)]
            today = day.toordinal()
            assert shown == [today - 1, today, today, today + 1]
            day += timedelta(days=1)
