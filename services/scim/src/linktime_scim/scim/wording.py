"""Rewords the library's refusals as sentences that name the attribute."""

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
    "list": "must be a list",
    "model": "must be an object",
    "dict": "must be an object",
}


def of_a_body(error: ValidationError) -> SCIMException:
    """Return the refusal of a whole body."""
    first, *_others = error.errors()
    refused = SCIMException.from_error(Error.from_validation_error(first))
    if first["type"] == "required_error":
        return type(refused)(detail=f"{first['ctx']['field_name']} is required")
    if (wording := _wording(first)) is None:
        return refused
    name = ".".join(part for part in first["loc"] if isinstance(part, str))
    return type(refused)(detail=f"{name or 'The body'} {wording}")


def of_an_operation(error: SCIMException, path: str, value: Any = None) -> SCIMException:
    """Return the refusal of one operation of a PATCH."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        first = cause.errors()[0]
        part = f".{to_camel(str(first['loc'][-1]))}" if isinstance(value, dict | list) else ""
        wording = _wording(first) or "has a value that is not allowed"
        return InvalidValueException(detail=f"{shown(path)}{part} {wording}")
    if isinstance(error, NoTargetException):
        return NoTargetException(detail=f"{shown(path)} selects no value")
    if isinstance(error, MutabilityException):
        return MutabilityException(detail=f"{shown(path)} is read-only")
    return type(error)(detail=f"{shown(path)}: {error.detail}")


def _wording(error: ErrorDetails) -> str | None:
    return MUST_BE.get(error["type"].partition("_")[0])
