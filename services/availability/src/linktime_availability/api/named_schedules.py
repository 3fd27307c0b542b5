"""All schedules of a host, of which one is the default."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import ConfigDict, Field, StrictBool, model_validator

from linktime_availability.api.schedules import EXAMPLE as HOURS
from linktime_availability.api.schedules import (
    NO_HOST,
    TAG,
    NewSchedule,
    NewWeek,
    ScheduleBody,
    WeekBody,
)
from linktime_availability.api.windows import WindowTexts
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import (
    DefaultScheduleRequired,
    ScheduleInUse,
    ScheduleNotFound,
    TooManySchedules,
)
from linktime_availability.domain.schedule import NamedSchedule
from linktime_availability.store import named_schedules as store
from linktime_availability.use_cases.change_schedules import (
    ChangeSchedule,
    add_schedule,
    change_schedule,
    delete_schedule,
)
from linktime_availability.use_cases.find_host import find_host
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Name, TimezoneName, leave_out_defaults
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.writes import answer, done, write
from linktime_common.idempotency import WriteReply
from linktime_common.ids import new_id

NOT_FOUND: Refusals = {ScheduleNotFound: "No such schedule, or not yours"}
DEFAULT = "Whether event types without a `scheduleId` use it; exactly one schedule of a host is"


class ScheduleItem(WireModel):
    """A schedule in a list, without its overrides: there may be thousands."""

    id: UUID
    name: str
    default: bool = Field(description=DEFAULT)
    timezone: str
    weekly: WeekBody


class ScheduleDetail(ScheduleItem):
    """A schedule; overrides in the order of their dates."""

    overrides: dict[date, WindowTexts]


def _item(named: NamedSchedule) -> ScheduleItem:
    return ScheduleItem(
        id=named.id,
        name=named.name,
        default=named.is_default,
        timezone=named.schedule.timezone,
        weekly=WeekBody.of(named.schedule.weekly),
    )


def _detail(named: NamedSchedule) -> ScheduleDetail:
    hours = ScheduleBody.of(named.schedule)
    item = _item(named).model_dump(by_alias=False)
    return ScheduleDetail(**item, overrides=hours.overrides)


class NewNamedSchedule(NewSchedule):
    """A new schedule; `id` is ignored."""

    name: Name
    default: StrictBool = Field(False, description=DEFAULT)

    @model_validator(mode="before")
    @classmethod
    def _ignore_id(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name != "id"}
        return body

    def named(self) -> NamedSchedule:
        return NamedSchedule(
            id=new_id(), name=self.name, is_default=self.default, schedule=self.schedule()
        )


class ScheduleChange(NewNamedSchedule):
    """The fields to change; a field that is left out keeps its value."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Required in a new schedule. The values of these defaults are never read.
    name: Name = ""
    timezone: TimezoneName = "UTC"
    weekly: NewWeek = Field(default_factory=NewWeek)

    def changed(self, one: NamedSchedule) -> NamedSchedule:
        """Return `one` with the sent fields; sent hours and overrides replace all of them."""
        sent, new = self.model_fields_set, self.schedule()
        hours = {
            name: getattr(new, name) for name in ("timezone", "weekly", "overrides") if name in sent
        }
        return replace(
            one,
            name=self.name if "name" in sent else one.name,
            is_default=self.default if "default" in sent else one.is_default,
            schedule=replace(one.schedule, **hours),
        )


EXAMPLE = ScheduleDetail(
    **HOURS.model_dump(by_alias=False),
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e32",
    name="Working hours",
    default=True,
)
ITEM = ScheduleItem.model_validate(EXAMPLE.model_dump(exclude={"overrides"}))


@Operation(
    summary="List your schedules, the default one first, without overrides",
    tag=TAG,
    query=Paging,
    page_of=ITEM,
    errors=NO_HOST,
    conditional=True,
)
async def list_schedules(request: web.Request) -> web.Response:
    host_id, paging = auth.user_id(request), bodies.read_query(request, Paging)
    deps = request.app[DEPS]
    await find_host(host_id, deps)
    async with deps.database.connection() as connection:
        offset = bodies.offset(paging.page, paging.limit)
        found = await store.list_page(connection, host_id, limit=paging.limit, offset=offset)
        total = await store.count(connection, host_id)
    data = [_item(one) for one in found]
    return bodies.reply_list(data, page=paging.page, limit=paging.limit, total=total)


@Operation(
    summary="Read one of your schedules", tag=TAG, reply=EXAMPLE, errors=NOT_FOUND, conditional=True
)
async def get_schedule(request: web.Request) -> web.Response:
    schedule_id = _path_id(request)
    async with request.app[DEPS].database.connection() as connection:
        found = await store.find(connection, auth.user_id(request), schedule_id)
    if found is None:
        raise ScheduleNotFound
    return bodies.reply(_detail(found))


@Operation(
    summary="Add a schedule",
    description="With `default` true it becomes the default one; the former default stays.",
    tag=TAG,
    body=NewNamedSchedule,
    body_example={
        "name": "Evenings",
        "timezone": "Europe/Berlin",
        "weekly": {"tuesday": [["18:00", "21:00"]]},
    },
    reply=EXAMPLE,
    status=201,
    errors=NO_HOST | {TooManySchedules: "There are 20 schedules already"},
    idempotent=True,
    location=below("id"),
)
async def post_schedule(request: web.Request) -> web.Response:
    deps, added = request.app[DEPS], (await bodies.read(request, NewNamedSchedule)).named()
    act = partial(add_schedule, auth.user_id(request), added, deps)
    return await write(request, deps.database, act, partial(_reply, status=201))


@Operation(
    summary="Change the name or hours of a schedule, or make it the default one",
    description=(
        "Omitted fields keep their values. `weekly` and `overrides` are each replaced as a whole."
    ),
    tag=TAG,
    body=ScheduleChange,
    body_example={"name": "Office", "default": True},
    reply=EXAMPLE.model_copy(update={"name": "Office"}),
    errors=NOT_FOUND | {DefaultScheduleRequired: "`default` is false for the default schedule"},
    idempotent=True,
)
async def patch_schedule(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    command = ChangeSchedule(
        host_id=auth.user_id(request),
        schedule_id=_path_id(request),
        change=(await bodies.read(request, ScheduleChange)).changed,
    )
    act = partial(change_schedule, command, deps)
    return await write(request, deps.database, act, _reply)


@Operation(
    summary="Delete a schedule that no event type uses",
    tag=TAG,
    reply=Done(),
    errors=NOT_FOUND
    | {
        ScheduleInUse: (
            "Event types, archived ones too, use it: `eventTypes` has the id and name of each. "
            "The default schedule cannot be deleted either: `default_schedule_required`"
        )
    },
    idempotent=True,
)
async def remove_schedule(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    act = partial(delete_schedule, auth.user_id(request), _path_id(request), deps)
    return await write(request, deps.database, act, done)


def _path_id(request: web.Request) -> UUID:
    return path_id(request, "id", otherwise=ScheduleNotFound)


def _reply(named: NamedSchedule, status: int = 200) -> WriteReply:
    return answer(_detail(named), status)
