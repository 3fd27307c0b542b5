"""Time off of a host."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import (
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_availability.api.schedules import NO_HOST, TAG
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import TimeOffNotFound, TooManyTimeOff
from linktime_availability.domain.time_off import InvalidTimeOff, TimeOff
from linktime_availability.store import time_off as store
from linktime_availability.use_cases.set_time_off import (
    ChangeTimeOff,
    add_time_off,
    change_time_off,
    remove_time_off,
)
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import KeptDate, Moment, Name, RequestModel, leave_out_defaults
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, done, write
from linktime_common.idempotency import WriteReply
from linktime_common.ids import new_id

NOT_FOUND: Refusals = {TimeOffNotFound: "No such time off, or not yours"}
DATE_CHARACTERS = len("2026-03-01")
_DATE = TypeAdapter[date](KeptDate)
_INSTANT = TypeAdapter[datetime](Moment)
FROM = "The first date in the schedule's zone, or the first instant"
TO = "The last date, or the instant after the last"


def _read_bound(value: Any) -> date | datetime:
    is_date = not isinstance(value, str) or len(value) <= DATE_CHARACTERS
    kind: TypeAdapter[Any] = _DATE if is_date else _INSTANT
    try:
        bound: date | datetime = kind.validate_python(value)
    except ValidationError as error:
        raise PydanticCustomError("bound", "{why}", {"why": error.errors()[0]["msg"]}) from error
    return bound


Bound = Annotated[
    date | datetime, PlainValidator(_read_bound, json_schema_input_type=date | datetime)
]


class TimeOffBody(WireModel):
    """Both dates are included, in the schedule's zone; of two instants `to` is excluded."""

    id: UUID
    since: Annotated[Instant | date, Field(alias="from", description=FROM)]
    until: Annotated[Instant | date, Field(alias="to", description=TO)]
    name: str

    @classmethod
    def of(cls, one: TimeOff) -> Self:
        return cls(id=one.id, since=one.since, until=one.until, name=one.name)


class NewTimeOff(RequestModel):
    """Two dates or two instants; `id` is ignored."""

    since: Bound = Field(alias="from", description=FROM)
    until: Bound = Field(alias="to", description=TO)
    name: Name

    @model_validator(mode="before")
    @classmethod
    def _ignore_id(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name != "id"}
        return body


class TimeOffChange(NewTimeOff):
    """The fields to change; a field that is left out keeps its value."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Required in a new one. The values of these defaults are never read.
    since: Bound = Field(date.max, alias="from", description=FROM)
    until: Bound = Field(date.max, alias="to", description=TO)
    name: Name = ""

    def changed(self, one: TimeOff) -> TimeOff:
        """Return `one` with the sent fields; raises InvalidRequest."""
        before = {"since": one.since, "until": one.until, "name": one.name}
        sent = {field: getattr(self, field) for field in self.model_fields_set}
        return _ranging(**before | sent, id=one.id, host_id=one.host_id)


def _ranging(**fields: Any) -> TimeOff:
    try:
        return TimeOff.ranging(**fields)
    except InvalidTimeOff as error:
        raise bodies.invalid("to", str(error)) from error


EXAMPLE = TimeOffBody(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e31",
    since=date(2026, 8, 3),
    until=date(2026, 8, 14),
    name="Summer holidays",
)


@Operation(summary="List your time off, earliest first", tag=TAG, query=Paging, page_of=EXAMPLE)
async def list_time_off(request: web.Request) -> web.Response:
    host_id, paging = auth.user_id(request), bodies.read_query(request, Paging)
    async with request.app[DEPS].database.connection() as connection:
        found = await store.list_page(
            connection,
            host_id=host_id,
            limit=paging.limit,
            offset=bodies.offset(paging.page, paging.limit),
        )
        total = await store.count(connection, host_id=host_id)
    data = [TimeOffBody.of(one) for one in found]
    return bodies.reply_list(data, page=paging.page, limit=paging.limit, total=total)


@Operation(
    summary="Add time off: no bookings are taken in it, existing ones stay",
    description="`from` and `to` are two dates, both included, or two instants.",
    tag=TAG,
    body=NewTimeOff,
    body_example={"from": "2026-08-03", "to": "2026-08-14", "name": "Summer holidays"},
    reply=EXAMPLE,
    status=201,
    errors=NO_HOST | {TooManyTimeOff: "There are 200 entries already"},
    idempotent=True,
)
async def post_time_off(request: web.Request) -> web.Response:
    deps, body = request.app[DEPS], await bodies.read(request, NewTimeOff)
    time_off = _ranging(
        since=body.since,
        until=body.until,
        id=new_id(),
        host_id=auth.user_id(request),
        name=body.name,
    )
    act = partial(add_time_off, time_off, deps)
    return await write(request, deps.database, act, partial(_reply, status=201))


@Operation(
    summary="Change time off",
    description="Omitted fields keep their values.",
    tag=TAG,
    body=TimeOffChange,
    body_example={"to": "2026-08-21"},
    reply=EXAMPLE.model_copy(update={"until": date(2026, 8, 21)}),
    errors=NOT_FOUND,
    idempotent=True,
)
async def patch_time_off(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    command = ChangeTimeOff(
        host_id=auth.user_id(request),
        time_off_id=path_id(request, "id", otherwise=TimeOffNotFound),
        change=(await bodies.read(request, TimeOffChange)).changed,
    )
    act = partial(change_time_off, command, deps)
    return await write(request, deps.database, act, _reply)


@Operation(summary="Remove time off", tag=TAG, reply=Done(), errors=NOT_FOUND, idempotent=True)
async def delete_time_off(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    time_off_id = path_id(request, "id", otherwise=TimeOffNotFound)
    act = partial(remove_time_off, auth.user_id(request), time_off_id, deps)
    return await write(request, deps.database, act, done)


def _reply(time_off: TimeOff, status: int = 200) -> WriteReply:
    return answer(TimeOffBody.of(time_off), status)
