"""Instants as options of commands."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import click
from pydantic import TypeAdapter, ValidationError

from linktime_common.http import fields

_DATE = TypeAdapter[date](fields.LocalDate)
_INSTANT = TypeAdapter[datetime](fields.Moment)
_DATE_CHARACTERS = len("2030-01-01")
_LAST = datetime.combine(date.max, time(23, 59, 59, 999_000), UTC)


class MomentParameter(click.ParamType[datetime]):
    """An instant with an offset; or a date, which means the begin or the end of that day in UTC."""

    name = "instant"

    def __init__(self, *, date_means: Literal["begin", "end"] | None = None) -> None:
        self._date_means = date_means

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        is_date = self._date_means is not None and len(str(value)) <= _DATE_CHARACTERS
        try:
            return self._of_day(_DATE.validate_python(value)) if is_date else _read(value)
        except ValidationError as error:
            self.fail(f"{error.errors()[0]['msg']}.", param, ctx)

    def _of_day(self, day: date) -> datetime:
        if self._date_means == "end":
            if day == date.max:
                return _LAST
            day += timedelta(days=1)
        return datetime.combine(day, time(), UTC)


def _read(value: Any) -> datetime:
    return _INSTANT.validate_python(value)


from_option = click.option(
    "--from",
    "since",
    type=MomentParameter(date_means="begin"),
    metavar="INSTANT",
    help="The first instant, or the first day in UTC, such as 2026-03-01.",
)
to_option = click.option(
    "--to",
    "until",
    type=MomentParameter(date_means="end"),
    metavar="INSTANT",
    help="The instant after the last, or the last day in UTC.",
)
