"""Calendar accounts and calendars, as their host and the operator see them."""

from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from linktime_availability.calendars.connecting import ConnectedAccount, read_account
from linktime_availability.deps import DEPS
from linktime_availability.domain.calendars import (
    AccountState,
    BusyTime,
    CalendarPolicy,
    Freshness,
    HostCalendar,
    freshness_of_all,
)
from linktime_availability.domain.errors import CalendarAccountNotFound
from linktime_availability.store import calendar_accounts, calendar_objects, calendars
from linktime_common.clock import Clock
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import QueryModel, QueryMoment
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id

TAG = "Calendars"
NOT_FOUND: Refusals = {CalendarAccountNotFound: "No such account, or not yours"}
MOST_BUSY = 5_000
MOST_BUSY_DAYS = 62
ENDING = 4


class RefusedSeries(WireModel):
    """A series of events that is not counted; without `uid` it is a whole object."""

    uid: str
    reason: str


class CalendarBody(WireModel):
    """A calendar; `refused` are the first 100 of `refusedCount` series that are not counted.

    Of bookings that have not ended: `pendingWrites` are to be written into this calendar,
    `failedWrites` cannot be, `writeError` is the latest reason. `changedEvents` were deleted or
    moved in the calendar, while their bookings are unchanged.
    """

    id: UUID
    account_id: UUID
    name: str
    colour: str | None
    writable: bool
    reads: bool
    writes: bool
    freshness: Freshness | None
    synced_at: Instant | None
    last_error: str | None
    events: int
    refused_count: int
    refused: list[RefusedSeries]
    pending_writes: int
    failed_writes: int
    changed_events: int
    write_error: str | None

    @classmethod
    def of(cls, calendar: HostCalendar, clock: Clock) -> Self:
        return cls(
            id=calendar.id,
            account_id=calendar.account_id,
            name=calendar.name,
            colour=calendar.colour,
            writable=calendar.is_writable,
            reads=calendar.reads,
            writes=calendar.writes,
            freshness=calendar.freshness(clock.now()) if calendar.reads else None,
            synced_at=calendar.synced_at,
            last_error=calendar.last_error,
            events=calendar.events,
            refused_count=calendar.refused_count,
            refused=[RefusedSeries.model_validate(one) for one in calendar.refused],
            pending_writes=calendar.pending_writes,
            failed_writes=calendar.failed_writes,
            changed_events=calendar.changed_events,
            write_error=calendar.write_error,
        )


class AccountBody(WireModel):
    """A connection to a calendar server; neither address nor password are returned."""

    id: UUID
    kind: str
    preset: str
    server: str
    user_ending: Annotated[str, Field(description="The last characters of the user name")]
    has_credential: bool
    state: AccountState
    last_error: str | None
    created_at: Instant
    calendars: list[CalendarBody]

    @classmethod
    def of(cls, connected: ConnectedAccount, clock: Clock) -> Self:
        account = connected.account
        return cls.model_validate(
            {
                "id": account.id,
                "kind": account.kind,
                "preset": account.preset,
                "server": account.server,
                "user_ending": account.user_name[-ENDING:],
                "has_credential": True,
                "state": account.state,
                "last_error": account.last_error,
                "created_at": account.created_at,
                "calendars": [CalendarBody.of(one, clock) for one in connected.calendars],
            }
        )


class AccountsBody(WireModel):
    """All accounts; `calendarFreshness` is that of the worst calendar that is read."""

    data: list[AccountBody]
    calendar_freshness: Freshness | None
    calendar_policy: CalendarPolicy


class CalendarsBody(WireModel):
    """The calendars of an account."""

    data: list[CalendarBody]


class BusyBody(WireModel):
    """A busy interval; which event it is, is not stored."""

    calendar_id: UUID
    calendar_name: str
    start_time: Instant
    end_time: Instant

    @classmethod
    def of(cls, busy: BusyTime) -> Self:
        return cls(
            calendar_id=busy.calendar_id,
            calendar_name=busy.calendar_name,
            start_time=busy.starts_at,
            end_time=busy.ends_at,
        )


class BusyListBody(WireModel):
    """Busy intervals, ascending."""

    data: list[BusyBody]


class BusyQuery(QueryModel):
    """A range of at most 62 days."""

    since: Annotated[QueryMoment, Field(alias="from", examples=["2026-03-02T00:00:00Z"])]
    until: Annotated[QueryMoment, Field(alias="to", examples=["2026-03-03T00:00:00Z"])]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not 0 < (self.until - self.since).total_seconds() <= MOST_BUSY_DAYS * 86_400:
            raise PydanticCustomError("range", "`to` must be after `from`, by at most 62 days")
        return self


CALENDAR = CalendarBody(
    id="0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6072",
    account_id="0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
    name="Work",
    colour="#0a64ff",
    writable=True,
    reads=True,
    writes=True,
    freshness=Freshness.FRESH,
    synced_at="2026-03-01T09:00:00Z",
    last_error=None,
    events=120,
    refused_count=1,
    refused=[RefusedSeries(uid="every-second@example.com", reason="too_frequent")],
    pending_writes=1,
    failed_writes=0,
    changed_events=0,
    write_error=None,
)
ACCOUNT = AccountBody(
    id=CALENDAR.account_id,
    kind="caldav",
    preset="nextcloud",
    server="cloud.example.com",
    user_ending="a.com",
    has_credential=True,
    state=AccountState.CONNECTED,
    last_error=None,
    created_at="2026-02-01T09:00:00Z",
    calendars=[CALENDAR],
)
BUSY = BusyBody(
    calendar_id=CALENDAR.id,
    calendar_name="Work",
    start_time="2026-03-02T09:00:00Z",
    end_time="2026-03-02T10:00:00Z",
)


@Operation(
    summary="List your calendar accounts with their calendars",
    description=(
        "`freshness` is `fresh` for 15 minutes after a calendar was read, then `stale`, and after "
        "24 hours, or if the server refuses the password, `dead`. `calendarPolicy` applies to a "
        "dead calendar: `fail_closed` offers no slots, `fail_open` uses the last known busy time."
    ),
    tag=TAG,
    reply=AccountsBody(
        data=[ACCOUNT],
        calendar_freshness=Freshness.FRESH,
        calendar_policy=CalendarPolicy.FAIL_CLOSED,
    ),
)
async def list_accounts(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    async with deps.database.connection() as connection:
        accounts = await calendar_accounts.list_of(connection, host_id)
        found = await calendars.list_of(connection, host_id)
        policy = await calendar_accounts.find_policy(connection, host_id)
    data = [
        AccountBody.of(
            ConnectedAccount(account, [one for one in found if one.account_id == account.id]),
            deps.clock,
        )
        for account in accounts
    ]
    freshness = freshness_of_all(found, deps.clock.now())
    return bodies.reply(
        AccountsBody(data=data, calendar_freshness=freshness, calendar_policy=policy)
    )


@Operation(
    summary="List the calendars of an account",
    tag=TAG,
    reply=CalendarsBody(data=[CALENDAR]),
    errors=NOT_FOUND,
)
async def list_calendars(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    account_id = path_id(request, "id", otherwise=CalendarAccountNotFound)
    async with deps.database.connection() as connection:
        connected = await read_account(connection, host_id, account_id)
    return bodies.reply(
        CalendarsBody(data=[CalendarBody.of(one, deps.clock) for one in connected.calendars])
    )


@Operation(
    name="listBusyTime",
    summary="List the busy time of your calendars",
    description="Which calendar is busy when; LinkTime stores no titles with it.",
    tag=TAG,
    query=BusyQuery,
    reply=BusyListBody(data=[BUSY]),
)
async def list_busy(request: web.Request) -> web.Response:
    deps, query = request.app[DEPS], bodies.read_query(request, BusyQuery)
    async with deps.database.connection() as connection:
        found = await calendar_objects.list_busy(
            connection,
            host_id=auth.user_id(request),
            since=query.since,
            until=query.until,
            limit=MOST_BUSY,
        )
    return bodies.reply(BusyListBody(data=[BusyBody.of(one) for one in found]))
