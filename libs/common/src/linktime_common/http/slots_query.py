"""The query parameters of lists of slots."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from linktime_common.http.bodies import invalid
from linktime_common.http.fields import LocalDate, QueryModel, QueryMoment, TimezoneName
from linktime_common.timezones import zone as zone_called

DEFAULT_DAYS = timedelta(days=7)
MOST_DATES = 62
DATES_OF_BOTH_ENDS = "Both dates are local dates of `timezone` and included; at most 62 dates."
DATE_CHARACTERS = len("2026-03-01")

_DATE = TypeAdapter[date](LocalDate)
_INSTANT = TypeAdapter[datetime](QueryMoment)


def _read_day(value: Any) -> date | datetime:
    is_date = not isinstance(value, str) or len(value) <= DATE_CHARACTERS
    kind: TypeAdapter[Any] = _DATE if is_date else _INSTANT
    try:
        day: date | datetime = kind.validate_python(value)
    except ValidationError as error:
        raise PydanticCustomError("day", "{why}", {"why": error.errors()[0]["msg"]}) from error
    return day


RequestedDay = Annotated[
    date | datetime, PlainValidator(_read_day, json_schema_input_type=date | datetime)
]


class SlotsQuery(QueryModel):
    """`startDate` defaults to today in `timezone`, `endDate` to a week later."""

    timezone: TimezoneName
    start_date: RequestedDay | None = Field(None, description="Today in `timezone` by default")
    end_date: RequestedDay | None = Field(
        None, description=f"{DEFAULT_DAYS.days} days after `startDate` by default"
    )

    def dates(self, now: datetime) -> tuple[date, date]:
        """Return the first and last requested date; raises InvalidRequest naming the field."""
        zone = zone_called(self.timezone)
        first = _date_in(zone, self.start_date or now, "startDate")
        if self.end_date is None:
            return first, first + min(DEFAULT_DAYS, date.max - first)
        last = _date_in(zone, self.end_date, "endDate")
        if last < first:
            raise invalid("endDate", "Must not be before the start date")
        if (last - first).days >= MOST_DATES:
            raise invalid("endDate", f"At most {MOST_DATES} dates can be requested at once")
        return first, last


def _date_in(zone: ZoneInfo, day: date | datetime, field: str) -> date:
    if not isinstance(day, datetime):
        return day
    try:
        return day.astimezone(zone).date()
    except OverflowError as error:
        raise invalid(field, "The date is out of range") from error
