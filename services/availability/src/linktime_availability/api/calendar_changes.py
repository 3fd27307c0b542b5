"""Connecting and changing calendars."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Self, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from linktime_availability.api.calendars import (
    ACCOUNT,
    CALENDAR,
    NOT_FOUND,
    TAG,
    AccountBody,
    CalendarBody,
)
from linktime_availability.calendars.accounts import Credentials
from linktime_availability.calendars.connecting import (
    TEST_SECONDS,
    ConnectedAccount,
    NewConnection,
    connect,
    reconnect,
)
from linktime_availability.calendars.presets import PRESETS, ConnectionKind
from linktime_availability.deps import DEPS
from linktime_availability.domain.calendars import CalendarPolicy, HostCalendar
from linktime_availability.domain.errors import (
    CalendarAccountNotFound,
    CalendarAlreadyConnected,
    CalendarNotFound,
    TooManyCalendars,
)
from linktime_availability.use_cases.change_calendars import (
    choose_calendar,
    disconnect,
    set_policy,
)
from linktime_common.clock import Clock
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Line, OneLine, RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import WRITE_SECONDS, answer, done, write
from linktime_common.idempotency import WriteAttempt, WriteReply, user_scope

ASK_SECONDS = TEST_SECONDS + 1.0
WAIT_SECONDS = ASK_SECONDS + 0.5
"""The gateway waits longer than for other requests, as another server is asked."""

BY_KEY = {preset.key: preset for preset in PRESETS}
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000), OneLine]
SecretText = Annotated[SecretStr, Field(min_length=1, max_length=2000)]
Result = TypeVar("Result")


class NewCalendarAccount(RequestModel):
    """A preset, or `caldav` or `ics`; `user` and `password` are for CalDAV only."""

    preset: Annotated[Line, Field(examples=["nextcloud"])] = "caldav"
    url: (
        Annotated[SecretText, Field(examples=["https://cloud.example.com/remote.php/dav/"])] | None
    ) = None
    user: Text | None = None
    password: SecretText | None = None

    @model_validator(mode="after")
    def _check_preset(self) -> Self:
        preset = BY_KEY.get(self.preset)
        if preset is None:
            problem = f"Must be one of {', '.join(BY_KEY)}"
        elif self.url is None and "{" in preset.url:
            problem = "This preset needs a url"
        elif preset.kind is ConnectionKind.CALDAV and not (self.user and self.password):
            problem = "This preset needs a user and a password"
        elif preset.kind is ConnectionKind.ICS and (self.user or self.password):
            problem = "This preset takes no user or password"
        else:
            return self
        raise PydanticCustomError("preset", "{problem}", {"problem": problem})

    def account(self) -> NewConnection:
        preset = BY_KEY[self.preset]
        credentials = Credentials(
            url=self.url or SecretStr(preset.url),
            user=self.user or "",
            password=self.password or SecretStr(""),
        )
        return NewConnection(preset.kind, preset.key, credentials)


class CalendarAccountChange(RequestModel):
    """New credentials, after a password was changed or the address of a feed replaced."""

    url: SecretText | None = None
    password: SecretText | None = None


class CalendarChange(RequestModel):
    """What a calendar is for; a field that is left out stays as it is."""

    reads: Annotated[bool, Field(strict=True)] | None = None
    writes: Annotated[bool, Field(strict=True)] | None = None


class PolicyBody(WireModel):
    """What applies while a calendar cannot be read."""

    calendar_policy: CalendarPolicy


class NewPolicy(RequestModel):
    """What applies while a calendar cannot be read."""

    calendar_policy: Annotated[CalendarPolicy, any_case(CalendarPolicy)]


@Operation(
    summary="Connect a calendar account",
    description=(
        "The credentials are tested at once. All calendars found are read; bookings are written "
        "to the first that can be changed, unless another account has one. An error of the server "
        "is a detail of `url` or `password`. A calendar is connected once."
    ),
    tag=TAG,
    body=NewCalendarAccount,
    body_example={
        "preset": "nextcloud",
        "url": "https://cloud.example.com/remote.php/dav/",
        "user": "ada@example.com",
        "password": "app-password",
    },
    reply=ACCOUNT,
    status=201,
    errors={
        CalendarAlreadyConnected: (
            "An account has one of the calendars already: `accountId`. Or there are 10 accounts: "
            "`too_many_calendar_accounts`"
        )
    },
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_account(request: web.Request) -> web.Response:
    deps, new = request.app[DEPS], await bodies.read(request, NewCalendarAccount)
    act = partial(connect, auth.user_id(request), new.account(), deps)
    return await _write(request, act, partial(_account, deps.clock, 201), seconds=ASK_SECONDS)


@Operation(
    summary="Give a calendar account new credentials",
    description="They are tested at once and stored only if the server accepts them.",
    tag=TAG,
    body=CalendarAccountChange,
    body_example={"password": "new-app-password"},
    reply=ACCOUNT,
    errors=NOT_FOUND
    | {
        CalendarAlreadyConnected: (
            "Another account has one of the calendars at the new address: `accountId`"
        )
    },
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def patch_account(request: web.Request) -> web.Response:
    given = await bodies.read(request, CalendarAccountChange)
    changes = {name: value for name, value in given if value is not None}
    return await _reconnect(request, changes)


@Operation(
    summary="Test a calendar account and read its calendars now",
    tag=TAG,
    reply=ACCOUNT,
    errors=NOT_FOUND,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_sync(request: web.Request) -> web.Response:
    return await _reconnect(request, {})


@Operation(
    summary="Disconnect a calendar account; all that was read from it is deleted",
    tag=TAG,
    reply=Done(),
    errors=NOT_FOUND,
    idempotent=True,
)
async def delete_account(request: web.Request) -> web.Response:
    act = partial(disconnect, auth.user_id(request), _account_id(request), request.app[DEPS])
    return await _write(request, act, done)


@Operation(
    summary="Choose whether a calendar is read, and whether bookings are written to it",
    description=(
        "Bookings are written to at most one calendar: choosing one ends another's choice. What "
        "was read from a calendar is deleted when it is no longer read."
    ),
    tag=TAG,
    body=CalendarChange,
    body_example={"reads": True, "writes": False},
    reply=CALENDAR,
    errors={
        CalendarNotFound: "No such calendar, or not yours",
        TooManyCalendars: "20 calendars are read already, or the calendar can only be read",
    },
    idempotent=True,
)
async def patch_calendar(request: web.Request) -> web.Response:
    deps, given = request.app[DEPS], await bodies.read(request, CalendarChange)
    act = partial(
        choose_calendar,
        auth.user_id(request),
        path_id(request, "id", otherwise=CalendarNotFound),
        deps,
        reads=given.reads,
        writes=given.writes,
    )
    return await _write(request, act, partial(_calendar, deps.clock))


@Operation(
    summary="Set what applies while a calendar cannot be read",
    tag=TAG,
    body=NewPolicy,
    body_example={"calendarPolicy": "fail_closed"},
    reply=PolicyBody(calendar_policy=CalendarPolicy.FAIL_CLOSED),
    idempotent=True,
)
async def put_policy(request: web.Request) -> web.Response:
    deps, given = request.app[DEPS], await bodies.read(request, NewPolicy)
    act = partial(set_policy, auth.user_id(request), given.calendar_policy, deps)
    return await _write(request, act, _policy)


async def _reconnect(request: web.Request, changes: dict[str, SecretStr]) -> web.Response:
    deps = request.app[DEPS]
    act = partial(reconnect, auth.user_id(request), _account_id(request), deps, changes=changes)
    return await _write(request, act, partial(_account, deps.clock, 200), seconds=ASK_SECONDS)


async def _write(
    request: web.Request,
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
    *,
    seconds: float = WRITE_SECONDS,
) -> web.Response:
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        act,
        render,
        scope=user_scope(auth.user_id(request)),
        seconds=seconds,
        pepper=deps.pepper,
    )


def _account_id(request: web.Request) -> UUID:
    return path_id(request, "id", otherwise=CalendarAccountNotFound)


def _account(clock: Clock, status: int, connected: ConnectedAccount) -> WriteReply:
    return answer(AccountBody.of(connected, clock), status)


def _calendar(clock: Clock, calendar: HostCalendar) -> WriteReply:
    return answer(CalendarBody.of(calendar, clock))


def _policy(policy: CalendarPolicy) -> WriteReply:
    return answer(PolicyBody(calendar_policy=policy))
