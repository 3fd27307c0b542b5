"""Public holidays: their dates, and that no slot overlaps one."""

from datetime import UTC, date, datetime

import pytest

from linktime_availability.domain.holidays import (
    Holiday,
    HolidaySettings,
    UnknownCountry,
    UnknownRegion,
)
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.slots import Availability, Rule, clash, free_starts, refusal
from linktime_availability.domain.wall_time import day_span
from linktime_common.timezones import zone

HOUR = 3600
BERLIN = zone("Europe/Berlin")
NOTHING: frozenset[str] = frozenset()


def names(settings: HolidaySettings, first: date, last: date) -> list[str]:
    return [one.name for one in settings.between(first, last)]


def test_dates_of_a_region() -> None:
    """In order, also over the turn of the year, without those that are switched off."""
    berlin = HolidaySettings("DE", "BE", frozenset({"Good Friday"}))
    assert list(berlin.between(date(2025, 12, 26), date(2026, 4, 6))) == [
        Holiday(date(2025, 12, 26), "Second Day of Christmas"),
        Holiday(date(2026, 1, 1), "New Year's Day"),
        Holiday(date(2026, 3, 8), "Women's Day"),
        Holiday(date(2026, 4, 6), "Easter Monday"),
    ]
    march = date(2026, 3, 1), date(2026, 3, 31)
    assert names(HolidaySettings("DE", None, NOTHING), *march) == []


def test_names_are_english_in_any_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts switch them off by name, so that they must not depend on the machine."""
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    one = HolidaySettings("JP", None, NOTHING)
    assert names(one, date(2031, 1, 1), date(2031, 1, 1)) == ["New Year's Day"]


@pytest.mark.parametrize(
    ("country", "region", "error"),
    [
        ("XX", None, UnknownCountry),
        ("de", None, UnknownCountry),
        ("HolidayBase", None, UnknownCountry),
        ("DE", "XX", UnknownRegion),
        ("DE", "", UnknownRegion),
    ],
)
def test_unknown_places(country: str, region: str | None, error: type[Exception]) -> None:
    """They are refused when they are set, and exclude nothing if they are stored."""
    settings = HolidaySettings(country, region, NOTHING)
    with pytest.raises(error):
        settings.check(2026)
    assert settings.of_year(2026) == ()


@pytest.mark.parametrize("year", [1, 1969, 2300, 9999])
def test_far_years(year: int) -> None:
    """`explain` takes any date; nothing is known of some years."""
    for country in ("DE", "SA", "CN", "IN"):
        days = HolidaySettings(country, None, NOTHING).of_year(year)
        assert all(one.day.year == year for one in days)


def test_no_slot_overlaps_a_holiday() -> None:
    """Its whole local date, and the slots that would run into it; the host may ignore it."""
    first, end = day_span(BERLIN, date(2026, 5, 1).toordinal())
    availability = Availability(
        Schedule("Europe/Berlin", dict.fromkeys(range(7), (Window(0, 1440),))),
        BookingRules(duration_minutes=120, slot_interval_minutes=60, minimum_notice_minutes=0),
        now=datetime(2026, 4, 20, tzinfo=UTC).timestamp(),
        holidays=[(first, end)],
    )
    listed = free_starts(availability, first - 4 * HOUR, end + 2 * HOUR)
    assert listed == [first - 4 * HOUR, first - 3 * HOUR, first - 2 * HOUR, end, end + HOUR]
    assert refusal(availability, first - HOUR) is Rule.HOLIDAY
    assert refusal(availability, end - HOUR) is Rule.HOLIDAY
    assert clash(availability, first) is None
