"""Rewords the library's refusals as sentences that name the attribute."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from scim2_models import (
    Error,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    SCIMException,
)

from linktime_scim.scim.patch_paths import shown

MUST_BE = {
    "bool": "must be true or false",
    "string": "must be a text",
    "int": "must be a whole number",
    "list": "must be a list",
    "model": "must be an object",
    "dict": "must be an object",
    "datetime": "must be an instant such as 2026-03-01T09:30:00Z",
    "extra": "is not an attribute that can be sent here",
}
"""By the first word of pydantic's error types."""

OF_OBJECTS = frozenset({"emails", "Operations"})
NOT_ALLOWED = "has a value that is not allowed"


def of_a_body(error: ValidationError) -> SCIMException:
    """Return the refusal of a whole body or query."""
    first, *_others = error.errors()
    refused = SCIMException.from_error(Error.from_validation_error(first))
    return type(refused)(detail=_sentence(first))


def _sentence(error: ErrorDetails) -> str:
    name = _name(error["loc"])
    match error["type"]:
        case "required_error":
            return f"{error['ctx']['field_name']} is required"
        case "primary_uniqueness_error":
            return f"{error['ctx']['field_name']} has several entries with primary true"
        case "schema_error":
            return str(error["msg"])
        case kind if kind.startswith("scim_"):  # of a path or filter, with the column
            return f"{name}: {error['msg']}" if name else str(error["msg"])
    return f"{name or 'The body'} {_wording(error) or NOT_ALLOWED}"


def _name(location: Sequence[int | str]) -> str:
    """Return `emails[0].value`; a value that is itself an entry is named by its list."""
    parts = location[:-1] if location and isinstance(location[-1], int) else location
    joined = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(joined).removeprefix(".")


def of_an_operation(error: SCIMException, path: str, value: Any = None) -> SCIMException:
    """Return the refusal of one operation of a PATCH."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        first = cause.errors()[0]
        part = f".{to_camel(str(first['loc'][-1]))}" if isinstance(value, dict | list) else ""
        wording = _wording(first) or NOT_ALLOWED
        return InvalidValueException(detail=f"{shown(path)}{part} {wording}")
    if isinstance(error, NoTargetException):
        return NoTargetException(detail=f"{shown(path)} selects no value")
    if isinstance(error, MutabilityException):
        return MutabilityException(detail=f"{shown(path)} is read-only")
    return type(error)(detail=f"{shown(path)}: {error.detail}")


def _wording(error: ErrorDetails) -> str | None:
    location = error["loc"]
    kind = error["type"].partition("_")[0]
    # Of a list and of one of its entries.
    named = location[-2:-1] if location and isinstance(location[-1], int) else location[-1:]
    if kind == "list" or named != location[-1:]:
        return f"must be a list of {'objects' if OF_OBJECTS.intersection(named) else 'texts'}"
    return MUST_BE.get(kind)
