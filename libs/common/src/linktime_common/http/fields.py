"""The field types of requests, each with the sentence a caller reads when it is wrong."""

import re
from datetime import date
from typing import Annotated, Any

import email_validator
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from linktime_common import timezones
from linktime_common.contracts.wire import Storable, Text

# A company's own server may well live under .local or .test.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_EMAIL_CHARACTERS = 254


class RequestModel(BaseModel):
    """A request body: camelCase names only, and nothing that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=False)


class QueryModel(BaseModel):
    """Query parameters; unknown ones are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


def _check_email(value: str) -> str:
    try:
        if len(value) > MOST_EMAIL_CHARACTERS:
            raise email_validator.EmailSyntaxError
        checked = email_validator.validate_email(value, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise PydanticCustomError("email", "Invalid email format") from error
    return checked.normalized


def _check_phone(value: str) -> str:
    if not _E164.fullmatch(value):
        raise PydanticCustomError("phone", "Expected a phone number such as +4930123456")
    return value


def _check_timezone(value: str) -> str:
    try:
        timezones.zone(value)
    except timezones.UnknownTimezone as error:
        raise PydanticCustomError("timezone", "Unknown time zone") from error
    return value


def _read_date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date", "Expected a date such as 2026-03-01")


# The limits stand next to str: behind another check pydantic would count entries, not characters.
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]
Note = Annotated[str, StringConstraints(max_length=5_000), Storable]
Email = Annotated[
    Text,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_check_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MOST_EMAIL_CHARACTERS}),
]
Phone = Annotated[
    Text,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_check_phone),
    WithJsonSchema({"type": "string", "pattern": f"^{_E164.pattern}$"}),
]
TimezoneName = Annotated[
    Text,
    AfterValidator(_check_timezone),
    WithJsonSchema(
        {
            "type": "string",
            "format": "timezone",
            "description": "IANA name, such as Europe/Berlin",
        }
    ),
]
LocalDate = Annotated[date, BeforeValidator(_read_date)]


def leave_out_defaults(schema: dict[str, Any]) -> None:
    """For a body in which only what is sent counts: its defaults are never read, so not told."""
    for described in schema["properties"].values():
        described.pop("default", None)
