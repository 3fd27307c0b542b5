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
        ("ß", None, UnknownCountry),
        ("\N{LATIN SMALL LIGATURE FI}", None, UnknownCountry),
        ("HolidayBase", None, UnknownCountry),
        ("DE", "XX", UnknownRegion),
        ("DE", "", UnknownRegion),
    ],
)
def test_unknown_places(country: str, region: str | None, error: type[Exception]) -> None:
    """They are refused when they are set, and exclude nothing if they are stored."""
    with pytest.raises(error):
        HolidaySettings.of(country, region, NOTHING, year=2026)
    stored = HolidaySettings(country, region, NOTHING)
    assert stored.of_year(2026) == ()
    assert stored.local_names(2026, "de") == {}


def test_codes_in_any_letter_case() -> None:
    """They are stored as the library has them."""
    berlin = HolidaySettings.of("de", "be", NOTHING, year=2026)
    assert (berlin.country, berlin.region) == ("DE", "BE")
    assert HolidaySettings.of("FR", "zone a", NOTHING, year=2026).region == "Zone A"


@pytest.mark.parametrize(
    ("country", "disabled", "day"),
    [
        ("US", "Independence Day", date(2026, 7, 3)),  # observed on Friday
        ("US", "Independence Day (observed)", date(2027, 7, 4)),
        ("SA", "Eid al-Fitr Holiday", date(2032, 1, 14)),  # estimated
        ("SA", "Eid al-Fitr Holiday (estimated)", date(2025, 3, 30)),
    ],
)
def test_switching_off_applies_in_every_year(country: str, disabled: str, day: date) -> None:
    """Also on substitute days, and before and after the exact date is known."""
    every = HolidaySettings.of(country, None, NOTHING, year=2026)
    assert names(every, day, day)
    without = HolidaySettings.of(country, None, [disabled], year=2026)
    assert names(without, day, day) == []
    (shown,) = [one for one in without.of_year(day.year) if one.day == day]
    assert not without.counts(shown)


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [
        ("DE", "de-AT", "Neujahr"),
        ("BR", "pt-BR", "Confraternização Universal"),
        ("CA", "fr", "Jour de l'an"),
        ("DE", "fr", None),
        ("DE", None, None),
        ("DE", "english please", None),
    ],
)
def test_names_in_a_language(country: str, language: str | None, name: str | None) -> None:
    """The closest one that the library has for the country; None without any."""
    settings = HolidaySettings(country, None, NOTHING)
    first = next(iter(settings.of_year(2026)))
    assert settings.local_names(2026, language).get(first) == name


def test_half_days_do_not_count() -> None:
    """The library has them in another category: bookings are taken on Christmas Eve in Denmark."""
    eve = date(2026, 12, 24)
    assert names(HolidaySettings("DK", None, NOTHING), eve, eve) == []


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
