"""The query parameters `from` and `to` of a list."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from linktime_common.http.bodies import invalid
from linktime_common.http.fields import LocalDate, QueryModel, QueryMoment

_DATE: TypeAdapter[date] = TypeAdapter(LocalDate)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(QueryMoment)
_DATE_CHARACTERS = len("2026-03-01")
_LAST = datetime.max.replace(tzinfo=UTC)


def _read_bound(value: str) -> date | datetime:
    kind: TypeAdapter[Any] = _DATE if len(value) <= _DATE_CHARACTERS else _INSTANT
    try:
        bound: date | datetime = kind.validate_python(value)
    except ValidationError as error:
        raise PydanticCustomError("bound", "{why}", {"why": error.errors()[0]["msg"]}) from error
    return bound


_Bound = Annotated[
    date | datetime | None, PlainValidator(_read_bound, json_schema_input_type=date | datetime)
]


class Spanned(QueryModel):
    """`from` is inclusive; `to` is exclusive as an instant, and a date is a whole UTC day."""

    since: Annotated[
        _Bound, Field(alias="from", description="The first instant, or the first UTC day")
    ] = None
    until: Annotated[
        _Bound,
        Field(alias="to", description="The instant after the last, or the last UTC day"),
    ] = None

    def span(self) -> tuple[datetime | None, datetime | None]:
        """Return start and exclusive end; raises InvalidRequest if `from` is later than `to`."""
        since = None if self.since is None else _begin(self.since)
        until = None if self.until is None else _end(self.until)
        if since is not None and until is not None:
            is_whole_day = not isinstance(self.until, datetime)
            if since > until or (is_whole_day and since == until):
                raise invalid("from", "Must not be after to")
        return since, until


def _begin(bound: date | datetime) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, time(), UTC)


def _end(bound: date | datetime) -> datetime:
    if isinstance(bound, datetime):
        return bound
    return _LAST if bound == date.max else _begin(bound + timedelta(days=1))
