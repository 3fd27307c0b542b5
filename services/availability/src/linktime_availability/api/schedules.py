"""Working hours, as their host and the operator set them."""

from datetime import date
from functools import partial
from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from linktime_availability.api.replies import OverrideBody, ScheduleBody
from linktime_availability.api.requests import NewOverride, NewSchedule
from linktime_availability.api.writes import answer_write
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import DateNotFound, HostNotFound
from linktime_availability.use_cases.find_schedule import find_schedule
from linktime_availability.use_cases.set_schedule import (
    remove_override,
    set_override,
    set_schedule,
)
from linktime_common.http import auth, bodies
from linktime_common.http.fields import KeptDate
from linktime_common.http.models import Done
from linktime_common.http.paths import path_id

_DATE = TypeAdapter[date](KeptDate)


async def get_own(request: web.Request) -> web.Response:
    schedule = await find_schedule(auth.user_id(request), request.app[DEPS])
    return bodies.reply(ScheduleBody.of(schedule))


async def put_own(request: web.Request) -> web.Response:
    """A host replaces theirs."""
    return await _put(request, auth.user_id(request))


async def put_for_host(request: web.Request) -> web.Response:
    """The operator replaces a host's."""
    return await _put(request, path_id(request, "id", otherwise=HostNotFound))


async def _put(request: web.Request, host_id: UUID) -> web.Response:
    schedule = (await bodies.read(request, NewSchedule)).schedule()
    act = partial(set_schedule, host_id, schedule, request.app[DEPS])
    return await answer_write(request, host_id, act, ScheduleBody.of)


async def put_override(request: web.Request) -> web.Response:
    """A host opens or closes one date otherwise than its weekday."""
    host_id, day = auth.user_id(request), _path_date(request)
    windows = (await bodies.read(request, NewOverride)).hours()
    act = partial(set_override, host_id, day, windows, request.app[DEPS])
    return await answer_write(request, host_id, act, partial(OverrideBody.of, day))


async def delete_override(request: web.Request) -> web.Response:
    """A host gives one date its weekday's hours again."""
    host_id = auth.user_id(request)
    act = partial(remove_override, host_id, _path_date(request), request.app[DEPS])
    return await answer_write(request, host_id, act, lambda _: Done())


def _path_date(request: web.Request) -> date:
    try:
        return _DATE.validate_python(request.match_info["date"])
    except ValidationError as error:
        raise DateNotFound from error
