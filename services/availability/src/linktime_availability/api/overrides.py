"""Calendar overrides: the working hours of single dates."""

from datetime import date
from functools import partial
from typing import Self

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from linktime_availability.api.schedules import TAG
from linktime_availability.api.windows import DayWindows, WindowTexts, pairs_of
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import DateNotFound, OverrideNotFound, TooManyOverrides
from linktime_availability.domain.schedule import Windows, day_windows
from linktime_availability.use_cases.set_schedule import remove_override, set_override
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import KeptDate, RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, done, write
from linktime_common.idempotency import WriteReply

Day = date  # in a model with a field `date` the type needs another name
_DATE = TypeAdapter[date](KeptDate)


class OverrideBody(WireModel):
    """The hours of one date; an empty list closes it."""

    date: Day
    windows: WindowTexts

    @classmethod
    def of(cls, day: Day, windows: Windows) -> Self:
        return cls(date=day, windows=pairs_of(windows))


class NewOverride(RequestModel):
    """The hours of one date, which replace its weekday's; an empty list closes the date."""

    windows: DayWindows

    def hours(self) -> Windows:
        return day_windows(self.windows)


@Operation(
    summary="Set the working hours of one date; an empty list closes it",
    description=(
        "They decide the whole date: hours of the night before end at its midnight. The windows "
        "must not overlap."
    ),
    tag=TAG,
    body=NewOverride,
    body_example={"windows": [["10:00", "12:00"]]},
    reply=OverrideBody(date="2026-12-24", windows=[["10:00", "12:00"]]),
    errors={
        DateNotFound: "The path is not a date",
        TooManyOverrides: "There are 1,000 overrides already",
    },
    idempotent=True,
)
async def put_override(request: web.Request) -> web.Response:
    host_id, day = auth.user_id(request), _path_date(request)
    windows, deps = (await bodies.read(request, NewOverride)).hours(), request.app[DEPS]
    act = partial(set_override, host_id, day, windows, deps)
    return await write(request, deps.database, act, partial(_set, day))


@Operation(
    summary="Remove the working hours of one date; its weekday's apply again",
    tag=TAG,
    reply=Done(),
    errors={OverrideNotFound: "The path is not a date, or the date has no override"},
    idempotent=True,
)
async def delete_override(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    act = partial(remove_override, auth.user_id(request), _path_date(request), deps)
    return await write(request, deps.database, act, done)


def _path_date(request: web.Request) -> date:
    try:
        return _DATE.validate_python(request.match_info["date"])
    except ValidationError as error:
        raise DateNotFound from error


def _set(day: date, windows: Windows) -> WriteReply:
    return answer(OverrideBody.of(day, windows))
