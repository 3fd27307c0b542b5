"""Phone numbers: written in any usual way, kept as E.164 (`+4930123456`).

A number without `+` is read as it is dialled in a country: that of the host's time zone, by the
table `zone.tab` of the tz database. A zone that is no place (`UTC`) has no country.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

import phonenumbers
from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
)

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MOST_CHARACTERS = 50
TRUNK_PREFIX = "0"
"""What is dialled before a national number in most countries, and is no part of it."""

# Without letters: the library would search a number inside of any text, and drop an extension.
_WRITTEN = re.compile(r"\+?[\d\s()./\u2010-\u2015-]{2,50}")
_NOT_DIGITS = re.compile(r"\D")
# The tz database links these names of offsets to places, but they do not say where an account is.
_NO_PLACE = frozenset(
    {"CET", "CST6CDT", "EET", "EST", "EST5EDT", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET"}
)


class PhoneRefused(ValueError):
    """The text is not the phone number of anyone."""

    def __init__(self) -> None:
        super().__init__("Expected a phone number such as +4930123456")


def read(text: str, timezone: str | None) -> str:
    """Return the number as E.164; raises PhoneRefused.

    One with `+` is read without a time zone, and only its length is checked, because numbering
    plans change. Without `+` it must be a number of the country: a part of one, without its area
    code, would be stored as another number.
    """
    text = _plain(text)
    if E164.fullmatch(text):
        return text
    number = _parsed(text, timezone)
    if number is None or not _is_whole(number):
        raise PhoneRefused
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if not E164.fullmatch(written):
        raise PhoneRefused
    return written


def may_be_national(text: str) -> bool:
    """Return whether the text can be a number that only a country's rules can read."""
    text = _plain(text)
    return bool(_WRITTEN.fullmatch(text)) and not text.startswith("+")


def searched(text: str, timezone: str | None) -> str | None:
    """Return the part of an E.164 number that is the same as the text, a number or a part of one.

    None if it is no number. Without a country for it, its digits are searched.
    """
    text = _plain(text)
    if not _WRITTEN.fullmatch(text):
        return None
    number = _parsed(text, timezone)
    if number is None:
        return _NOT_DIGITS.sub("", text) or None
    if not _is_national(number):
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.national_significant_number(number)
    if national.startswith(TRUNK_PREFIX) and _is_dialled_with_trunk_prefix(timezone):
        # The library leaves it in a short part. What follows it follows the country's code.
        return f"+{number.country_code}{national.removeprefix(TRUNK_PREFIX)}"
    return national


def _is_dialled_with_trunk_prefix(timezone: str | None) -> bool:
    region = region_of(timezone) if timezone else None
    rules = PhoneMetadata.metadata_for_region(region) if region else None
    return rules is not None and rules.national_prefix == TRUNK_PREFIX


def _plain(text: str) -> str:
    """Return the text without other forms of the same characters, such as full-width digits."""
    return unicodedata.normalize("NFKC", text)


def _is_whole(number: PhoneNumber) -> bool:
    if _is_national(number):
        return phonenumbers.is_valid_number(number)
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == ValidationResult.IS_POSSIBLE


def _is_national(number: PhoneNumber) -> bool:
    return number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY


def _parsed(text: str, timezone: str | None) -> PhoneNumber | None:
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        region = region_of(timezone) if timezone else None
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None


@cache
def region_of(timezone: str) -> str | None:
    """Return the ISO 3166 code of the time zone's country, or None."""
    return _regions().get(timezone)


@cache
def _regions() -> dict[str, str]:
    regions = {zone: code for code, _place, zone in _fields("zone.tab", "\t", 3)}
    for kind, target, alias in _fields("tzdata.zi", " ", 3):
        if kind == "L" and target in regions and alias not in _NO_PLACE:
            regions.setdefault(alias, regions[target])
    return regions


def _fields(name: str, separator: str, count: int) -> Iterator[list[str]]:
    table = resources.files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    for line in table.splitlines():
        fields = line.split(separator)
        if not line.startswith("#") and len(fields) >= count:
            yield fields[:count]
