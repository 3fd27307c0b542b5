"""Values on the wire: camelCase names, UTC instants with milliseconds and Z."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

OUT_OF_RANGE = "The time is out of range"
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?[0-5]\d)?", re.ASCII
)
# asyncpg writes these two as -infinity and infinity, and reads those back without an offset.
_NOT_KEPT = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def format_instant(instant: datetime) -> str:
    """Return `2026-03-01T14:00:00.000Z`; truncates to milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        parsed = value
    elif isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            parsed = datetime.fromisoformat(value.upper())
        except ValueError as error:
            raise PydanticCustomError("instant", "No such date or time") from error
    else:
        raise PydanticCustomError(
            "instant", "Expected an ISO 8601 date and time such as 2026-03-01T14:00:00Z"
        )
    if parsed.tzinfo is None:
        raise PydanticCustomError("instant", "The time needs an offset, such as Z or +02:00")
    try:
        instant = parsed.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("instant", OUT_OF_RANGE) from error
    if instant in _NOT_KEPT:
        raise PydanticCustomError("instant", OUT_OF_RANGE)
    return instant


def _refuse_unstorable(value: str) -> str:
    # PostgreSQL's text cannot hold NUL, and a lone surrogate is not UTF-8.
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("text", "Contains characters that are not allowed")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An aware instant, read from ISO 8601 with any offset, stored and written in UTC."""

Storable = AfterValidator(_refuse_unstorable)
"""For the `Annotated` of a text type, after its length limits."""

Text = Annotated[str, Storable]
"""Text that PostgreSQL and UTF-8 can represent."""


class WireModel(BaseModel):
    """camelCase on the wire, snake_case in Python; unknown fields are ignored."""

    model_config = ConfigDict(
        defer_build=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,  # fields with a default are always sent
        extra="ignore",
        frozen=True,
    )
