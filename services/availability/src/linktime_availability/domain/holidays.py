"""Public holidays of a country or region, on which a host takes no bookings."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as calendars

MOST_DISABLED = 200  # of one host
# Without it the names are in the language of the process's environment.
LANGUAGE = "en_US"
_COUNTRY = re.compile(r"[A-Z]{2}")


class UnknownCountry(ValueError):
    """No country with known holidays has this code."""


class UnknownRegion(ValueError):
    """The country has no region with this code and known holidays."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday; two can be on one date."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class HolidaySettings:
    """Of one host: a country by ISO 3166-1, its region, if any, and the names that do not count."""

    country: str
    region: str | None
    disabled: frozenset[str]

    def check(self, year: int) -> None:
        """Raises UnknownCountry, UnknownRegion."""
        _calendar(self.country, self.region, year)

    def of_year(self, year: int) -> tuple[Holiday, ...]:
        """Return all holidays of a year, earliest first."""
        return _of_year(self.country, self.region, year)

    def between(self, first: date, last: date) -> Iterator[Holiday]:
        """Yield the holidays that count on the dates from `first` to `last`, both inclusive."""
        for year in range(first.year, last.year + 1):
            for holiday in self.of_year(year):
                if first <= holiday.day <= last and holiday.name not in self.disabled:
                    yield holiday


# A year takes the library about a millisecond; hosts of one country share it.
@lru_cache(maxsize=2_048)
def _of_year(country: str, region: str | None, year: int) -> tuple[Holiday, ...]:
    try:
        found = _calendar(country, region, year)
    except (UnknownCountry, UnknownRegion):
        return ()  # a later version of the library does not have it any more
    return tuple(Holiday(day, name) for day in sorted(found) for name in found.get_list(day))


def _calendar(country: str, region: str | None, year: int) -> calendars.HolidayBase:
    if not _COUNTRY.fullmatch(country):
        raise UnknownCountry
    try:
        whole = _ask(country, None, year)
    except NotImplementedError as error:
        raise UnknownCountry from error
    if region is None:
        return whole
    if region not in whole.subdivisions:
        raise UnknownRegion
    return _ask(country, region, year)


def _ask(country: str, region: str | None, year: int) -> calendars.HolidayBase:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of years for which nothing is known
        # `expand` is off so that reading a date adds no other years.
        return calendars.country_holidays(
            country, subdiv=region, years=year, expand=False, language=LANGUAGE
        )
