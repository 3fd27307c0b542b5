"""Field types of requests, each with the error sentence for an invalid value."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import email_validator
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from linktime_common import languages, phones, texts, timezones, urls
from linktime_common.caseless import lowercase_key
from linktime_common.contracts.wire import Instant
from linktime_common.redaction import ERASED_EMAIL

# A company's own mail server may be under .local or .test.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

TIMEZONE = "timezone"
"""The key of the caller's time zone in the context of a validation."""

_DIGITS = re.compile(r"-?[0-9]+")  # negative numbers are left to the limits
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FINER_THAN_MILLISECONDS = re.compile(r":\d{2}\.\d{3}\d*[1-9]")
# A blank before the offset has no other meaning.
_OFFSET_AFTER_BLANK = re.compile(r"(.{10}[Tt ]\d{2}:\d{2}\S*) (\d{2}:?\d{2})")
MOST_EMAIL_CHARACTERS = 254


class RequestModel(BaseModel):
    """A request body: camelCase names only, unknown fields are rejected."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=False, defer_build=True
    )


class QueryModel(BaseModel):
    """Query parameters; unknown ones are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True
    )


def _text(problem_of: Callable[[str], str | None]) -> AfterValidator:
    def check(value: str) -> str:
        problem = problem_of(value)
        if problem is not None:
            raise PydanticCustomError("text", "{problem}", {"problem": problem})
        return value

    return AfterValidator(check)


def _refuse_finer(value: Any) -> Any:
    # Instants are stored in milliseconds: a finer one would be returned changed.
    if isinstance(value, str) and _FINER_THAN_MILLISECONDS.search(value):
        raise PydanticCustomError("instant", "Must be in whole milliseconds, such as 14:00:00.250Z")
    return value


# In a query an unescaped + is decoded as a blank. Which blanks were one depends on what is read.
def _instant_of_query(value: Any) -> Any:
    found = _OFFSET_AFTER_BLANK.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}+{found[2]}" if found else value


def _email_of_query(value: Any) -> Any:
    # No address has a blank.
    return value.strip().replace(" ", "+") if isinstance(value, str) else value


def _phone_of_query(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(" "):
        return f"+{value.lstrip().removeprefix('+')}"
    return value


def _search_of_query(value: Any) -> Any:
    # A phone number; of other texts a leading blank is removed.
    if isinstance(value, str) and value[:1] == " " and value[1:2].isdigit():
        return f"+{value[1:]}"
    return value


def _read_digits(value: Any) -> Any:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("whole_number", "Expected a whole number")
    return value


def _check_email(value: str) -> str:
    try:
        if len(value) > MOST_EMAIL_CHARACTERS:
            raise email_validator.EmailSyntaxError
        checked = email_validator.validate_email(value, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError as error:
        raise PydanticCustomError("email", "Invalid email format") from error
    return checked.normalized


def _refuse_erased(value: str) -> str:
    if lowercase_key(value) == ERASED_EMAIL:
        raise PydanticCustomError("email", "This address stands for persons who were erased")
    return value


def read_phone(value: str, timezone: str | None) -> str:
    """Return the number as E.164; raises PydanticCustomError."""
    try:
        return phones.read(value, timezone)
    except phones.PhoneRefused as refused:
        raise PydanticCustomError("phone", "{sentence}", {"sentence": str(refused)}) from refused


def _read_phone(value: str, info: ValidationInfo) -> str:
    return read_phone(value, (info.context or {}).get(TIMEZONE))


def _read_invitee_phone(value: str) -> str:
    return value if phones.may_be_national(value) else read_phone(value, None)


def _check_timezone(value: str) -> str:
    if value not in timezones.zone_names():
        raise PydanticCustomError("timezone", "Unknown time zone")
    return value


def _check_language(tag: str) -> str:
    if not languages.is_tag(tag):
        raise PydanticCustomError("locale", "Expected a language tag such as de or de-AT")
    return tag


def _check_url(value: str) -> str:
    try:
        parts, url = urls.parse(value)
        urls.check_host(parts, url)
    except urls.InvalidUrl as error:
        raise PydanticCustomError("url", "{problem}", {"problem": str(error)}) from error
    return value


def _read_date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date", "Expected a date such as 2026-03-01")


def _check_kept(value: date) -> date:
    # asyncpg writes these two as -infinity and infinity, which PostgreSQL prints as such in JSON.
    if value in {date.min, date.max}:
        raise PydanticCustomError("date", "The date is out of range")
    return value


OneLine = _text(texts.problem_of_line)
"""For the `Annotated` of a text of one line, after its length limits."""

SeveralLines = _text(texts.problem_of_lines)
"""For the `Annotated` of a text that may have line breaks, after its length limits."""

# The limits come right after str: after another check pydantic would count items, not characters.
Line = Annotated[str, OneLine]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), OneLine
]
Note = Annotated[str, StringConstraints(max_length=5_000), SeveralLines]
Moment = Annotated[Instant, BeforeValidator(_refuse_finer)]
"""An instant in a body. Zeros after the milliseconds are accepted: Python writes six digits."""

QueryMoment = Annotated[Moment, BeforeValidator(_instant_of_query)]
"""An instant in a query."""

SearchOfQuery = BeforeValidator(_search_of_query)
"""For the `Annotated` of a search in a query, after its limits."""

Digits = BeforeValidator(_read_digits)
"""For a whole number in a query, after its limits: int would also accept 1_0, +1 and 1.0."""

_AnyEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    OneLine,
    AfterValidator(_check_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MOST_EMAIL_CHARACTERS}),
]
EmailAddress = Annotated[_AnyEmail, AfterValidator(_refuse_erased)]
QueryEmail = Annotated[_AnyEmail, BeforeValidator(_email_of_query)]
"""An e-mail address in a query."""

_PHONE_SCHEMA = WithJsonSchema(
    {
        "type": "string",
        "maxLength": phones.MOST_CHARACTERS,
        "description": (
            "In any usual spelling; without + it is read as a number of the country of the host's "
            "time zone. Kept as E.164."
        ),
        "examples": ["+4930123456", "+49 30 123456", "(030) 123456"],
    }
)
_WrittenPhone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=phones.MOST_CHARACTERS),
    OneLine,
]
Phone = Annotated[_WrittenPhone, AfterValidator(_read_phone), _PHONE_SCHEMA]
"""A phone number, read in the region of the caller's time zone."""

QueryPhone = Annotated[Phone, BeforeValidator(_phone_of_query)]
"""As `Phone`, in a query."""

HostsPhone = Annotated[_WrittenPhone, AfterValidator(_read_invitee_phone), _PHONE_SCHEMA]
"""A phone number for a host who may not be the caller: without `+` it is read in the use case."""
TimezoneName = Annotated[
    Line,
    AfterValidator(_check_timezone),
    WithJsonSchema(
        {
            "type": "string",
            "format": "timezone",
            "description": "IANA name, such as Europe/Berlin",
        }
    ),
]
LanguageTag = Annotated[
    str,
    StringConstraints(max_length=languages.MOST_CHARACTERS),
    OneLine,
    AfterValidator(_check_language),
    WithJsonSchema(
        {"type": "string", "maxLength": languages.MOST_CHARACTERS, "examples": ["de", "de-AT"]}
    ),
]
MOST_URL_CHARACTERS = 2_000
Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://\S+$", max_length=MOST_URL_CHARACTERS),
    OneLine,
    AfterValidator(_check_url),
]
"""A URL that is stored and returned as it was written."""

LocalDate = Annotated[date, BeforeValidator(_read_date)]
KeptDate = Annotated[LocalDate, AfterValidator(_check_kept)]
"""A date that is stored."""


def leave_out_defaults(schema: dict[str, Any]) -> None:
    """Remove defaults from the schema of a body in which unset fields are ignored."""
    for described in schema["properties"].values():
        described.pop("default", None)
