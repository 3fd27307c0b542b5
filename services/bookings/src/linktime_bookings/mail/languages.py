"""The languages of mails. All texts, names and formats of one are in `catalogues/<code>.json`.

The system's locale is never read, so two machines render the same mail.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import orjson

from linktime_common.contracts.wire import WireModel

FALLBACK = "en"
_FOLDER = files(__package__) / "catalogues"
_NOON = 12


class Language(WireModel):
    """One catalogue."""

    code: str
    direction: Literal["ltr", "rtl"]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # Monday first
    day: str
    moment: str
    first_day: str  # of a month
    halves: tuple[str, str] | None  # AM and PM; None: 24-hour times
    colon: str  # after a label, with the space that the language has before it
    counts: Mapping[str, Mapping[str, str]]
    """Sentence parts with a number, in each plural form (CLDR categories)."""
    texts: Mapping[str, str]

    @property
    def is_rtl(self) -> bool:
        return self.direction == "rtl"

    def text(self, key: str, **values: str) -> str:
        """Return the text with its placeholders filled in."""
        return self.texts[key].format_map(values)

    def count(self, name: str, number: int) -> str:
        """Return the part for this number, in the right plural form."""
        return self.counts[name][PLURALS[self.code](number)].format(count=number)

    def date_of(self, day: date) -> str:
        """Return the weekday and date."""
        return self.day.format(
            weekday=self.weekdays[day.weekday()],
            day=self.first_day if day.day == 1 else day.day,
            month=self.months[day.month - 1],
            year=day.year,
        )

    def clock_of(self, at: datetime) -> str:
        """Return the time of day, such as `14:30` or `2:30 PM`."""
        if self.halves is None:
            return f"{at:%H:%M}"
        return f"{at.hour % _NOON or _NOON}:{at:%M} {self.halves[at.hour // _NOON]}"


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its code."""
    found = [path for path in _FOLDER.iterdir() if path.name.endswith(".json")]
    read = {path.name.removesuffix(".json"): orjson.loads(path.read_bytes()) for path in found}
    return {code: Language.model_validate({"code": code, **read[code]}) for code in sorted(read)}


def language_for(tag: str) -> Language:
    """Return the language of a tag such as `de-AT`; English for one that mails do not have."""
    return known_language(tag) or languages()[FALLBACK]


def known_language(tag: str) -> Language | None:
    """Return the language of a tag, if mails have it."""
    return languages().get(tag.partition("-")[0].lower())


def _one_or_other(number: int) -> str:
    return "one" if number == 1 else "other"


def _french(number: int) -> str:
    return "one" if number in {0, 1} else "other"


def _arabic(number: int) -> str:
    hundredth = number % 100
    few, many = range(3, 11), range(11, 100)
    if number in range(3):
        return ("zero", "one", "two")[number]
    return "few" if hundredth in few else "many" if hundredth in many else "other"


PLURALS: Mapping[str, Callable[[int], str]] = {
    "ar": _arabic,
    "de": _one_or_other,
    "en": _one_or_other,
    "es": _one_or_other,
    "fr": _french,
}
"""The plural form of whole numbers below a million, as in the Unicode CLDR."""
