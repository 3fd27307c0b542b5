"""Public holidays of a country or region, on which a host takes no bookings."""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Self

import holidays as calendars

MOST_DISABLED = 200  # of one host
NAMED_YEARS = range(-1, 5)  # from the present one: some holidays are every four years
# Without it the names are in the language of the process's environment.
ENGLISH = "en_US"
_COUNTRY = re.compile(r"[A-Z]{2}")
# The library's marks of substitute days, and of dates by the moon that are not yet certain.
_MARKS = re.compile(r"(?: \((?:estimated|observed|observed, estimated|in lieu|substitute day)\))+$")


class UnknownCountry(ValueError):
    """No country with known holidays has this code."""


class UnknownRegion(ValueError):
    """The country has no region with this code and known holidays; `regions` are its codes."""

    def __init__(self, regions: Iterable[str]) -> None:
        super().__init__()
        self.regions = tuple(regions)


class UnknownHolidays(ValueError):
    """The country or region has no holidays with these `names`."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday; two can be on one date. `name` is English."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class HolidaySettings:
    """Of one host: a country by ISO 3166-1, its region, if any, and the names that do not count.

    A disabled name is without marks, so that it applies in each year: also to a substitute day of
    the holiday, and before and after its exact date is known.
    """

    country: str
    region: str | None
    disabled: frozenset[str]

    @classmethod
    def of(
        cls,
        country: str,
        region: str | None,
        disabled: Iterable[str],
        *,
        year: int,
        before: Self | None = None,
    ) -> Self:
        """Return the settings for codes and shown names in any letter case.

        Names in the settings `before` of the same country stay allowed: the region may have
        changed, or the library's names. Raises UnknownCountry, UnknownRegion, UnknownHolidays.
        """
        code = _code(country)
        known = _calendar(code, None, year).subdivisions
        if region is not None:
            found = [one for one in known if one.lower() == region.lower()]
            if not found:
                raise UnknownRegion(known)
            region = found[0]
        allowed = before.disabled if before is not None and before.country == code else ()
        names = {name.casefold(): name for name in (*allowed, *_names(code, region, year))}
        wanted = {name: names.get(_without_marks(name).casefold()) for name in disabled}
        if unknown := [name for name, found in wanted.items() if found is None]:
            raise UnknownHolidays(unknown)
        return cls(code, region, frozenset(filter(None, wanted.values())))

    def of_year(self, year: int) -> tuple[Holiday, ...]:
        """Return all holidays of a year, earliest first."""
        return _of_year(self.country, self.region, year, ENGLISH)

    def counts(self, holiday: Holiday) -> bool:
        """Whether no bookings are taken on it."""
        return _without_marks(holiday.name) not in self.disabled

    def between(self, first: date, last: date) -> Iterator[Holiday]:
        """Yield the holidays that count on the dates from `first` to `last`, both inclusive."""
        for year in range(first.year, last.year + 1):
            for holiday in self.of_year(year):
                if first <= holiday.day <= last and self.counts(holiday):
                    yield holiday

    def local_names(self, year: int, language: str | None) -> Mapping[Holiday, str]:
        """Return the names of a year's holidays in a language, such as `pt-BR`, as far as known.

        Only of dates with one holiday: the library sorts those of one date by name.
        """
        name = self._language(year, language)
        local = _by_day(_of_year(self.country, self.region, year, name)) if name else {}
        return {
            ours[0]: local[day][0].name
            for day, ours in _by_day(self.of_year(year)).items()
            if len(ours) == len(local.get(day, ())) == 1
        }

    def _language(self, year: int, language: str | None) -> str | None:
        """Return the library's name of the closest language in which it has the country."""
        wanted = (language or "").replace("-", "_").casefold()
        try:
            known = _calendar(self.country, None, year).supported_languages
        except UnknownCountry:
            return None
        exact = [one for one in known if one.casefold() == wanted]
        primary = wanted.partition("_")[0]
        close = [one for one in known if one.partition("_")[0].casefold() == primary]
        return next(iter(exact + close), None)


def _code(country: str) -> str:
    # Upper case makes two ASCII letters of other characters: SS of ß, FI of a ligature.
    if not country.isascii():
        raise UnknownCountry
    return country.upper()


def _names(country: str, region: str | None, year: int) -> Iterator[str]:
    for near in range(year + NAMED_YEARS.start, year + NAMED_YEARS.stop):
        for one in _of_year(country, region, near, ENGLISH):
            yield _without_marks(one.name)


# A year takes the library about a millisecond; hosts of one country share it.
@lru_cache(maxsize=2_048)
def _of_year(country: str, region: str | None, year: int, language: str) -> tuple[Holiday, ...]:
    try:
        found = _calendar(country, region, year, language)
    except (UnknownCountry, UnknownRegion):
        return ()  # a later version of the library does not have it any more
    return tuple(Holiday(day, name) for day in sorted(found) for name in found.get_list(day))


def _calendar(
    country: str, region: str | None, year: int, language: str = ENGLISH
) -> calendars.HolidayBase:
    if not _COUNTRY.fullmatch(country):
        raise UnknownCountry
    try:
        whole = _ask(country, None, year, language)
    except NotImplementedError as error:
        raise UnknownCountry from error
    if region is None:
        return whole
    if region not in whole.subdivisions:
        raise UnknownRegion(whole.subdivisions)
    return _ask(country, region, year, language)


def _ask(country: str, region: str | None, year: int, language: str) -> calendars.HolidayBase:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of years for which nothing is known
        # `expand` is off so that reading a date adds no other years.
        return calendars.country_holidays(
            country, subdiv=region, years=year, expand=False, language=language
        )


def _by_day(found: Iterable[Holiday]) -> dict[date, list[Holiday]]:
    days: dict[date, list[Holiday]] = {}
    for one in found:
        days.setdefault(one.day, []).append(one)
    return days


def _without_marks(name: str) -> str:
    return _MARKS.sub("", name)
