"""Event types, as their host sees them."""

from typing import Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_availability.api.schedules import EXAMPLE as SCHEDULE
from linktime_availability.api.schedules import ScheduleBody
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, Host, HostedEventType
from linktime_availability.store import event_types, hosted_event_types, hosts
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.models import Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id

TAG = "Event types"
NOT_FOUND: Refusals = {EventTypeNotFound: "No such event type, or not yours"}


class Price(WireModel):
    """A price; `amount` in the currency's minor unit, such as cents."""

    amount: int
    currency: str


class EventTypeItem(WireModel):
    id: UUID
    name: str
    slug: str
    description: str | None
    duration_minutes: int
    active: bool
    price: Price | None = None  # event types are free of charge
    booking_url: str
    created_at: Instant

    @classmethod
    def of(cls, event_type: EventType, host: Host, public_url: str) -> Self:
        return cls(**_item_fields(event_type, host, public_url))


class EventTypeDetail(EventTypeItem):
    """An event type with all its scheduling rules; numbers are minutes, days or bookings."""

    slot_interval_minutes: int
    buffer_before: int
    buffer_after: int
    minimum_notice_minutes: int
    max_days_in_advance: int
    daily_limit: int | None
    weekly_limit: int | None
    monthly_limit: int | None
    max_active_per_invitee: int | None
    change_notice_minutes: int | None
    location: str | None
    questions: list[Question]
    reminder_minutes: list[int]
    schedule_id: UUID | None = Field(
        description="Null for the default schedule; `schedule` has its hours"
    )
    schedule: ScheduleBody

    @classmethod
    def of_hosted(cls, hosted: HostedEventType, public_url: str) -> Self:
        event_type, rules = hosted.event_type, hosted.event_type.rules
        return cls(
            **_item_fields(event_type, hosted.host, public_url),
            slot_interval_minutes=rules.slot_interval_minutes,
            buffer_before=rules.buffer_before,
            buffer_after=rules.buffer_after,
            minimum_notice_minutes=rules.minimum_notice_minutes,
            max_days_in_advance=rules.max_days_in_advance,
            daily_limit=rules.daily_limit,
            weekly_limit=rules.weekly_limit,
            monthly_limit=rules.monthly_limit,
            max_active_per_invitee=rules.max_active_per_invitee,
            change_notice_minutes=rules.change_notice_minutes,
            location=event_type.location,
            questions=[Question.model_validate(question) for question in event_type.questions],
            reminder_minutes=list(event_type.reminder_minutes),
            schedule_id=event_type.schedule_id,
            schedule=ScheduleBody.of(hosted.schedule),
        )


def booking_url(event_type: EventType, host: Host, public_url: str) -> str:
    """Return the address of the event type's booking page."""
    return f"{public_url}/{host.username}/{event_type.slug}"


def _item_fields(event_type: EventType, host: Host, public_url: str) -> dict[str, Any]:
    return {
        "id": event_type.id,
        "name": event_type.name,
        "slug": event_type.slug,
        "description": event_type.description,
        "duration_minutes": event_type.rules.duration_minutes,
        "active": event_type.rules.active,
        "booking_url": booking_url(event_type, host, public_url),
        "created_at": event_type.created_at,
    }


QUESTION = Question(id="topic", label="What is it about?", type="text", required=True, options=[])
EXAMPLE = EventTypeItem(
    id="0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
    name="Intro call",
    slug="intro-call",
    description="A first chat",
    duration_minutes=30,
    active=True,
    booking_url="https://meet.example.com/ada/intro-call",
    created_at="2026-02-01T09:00:00Z",
)
DETAIL = EventTypeDetail(
    **EXAMPLE.model_dump(by_alias=False),
    slot_interval_minutes=30,
    buffer_before=0,
    buffer_after=15,
    minimum_notice_minutes=60,
    max_days_in_advance=60,
    daily_limit=None,
    weekly_limit=20,
    monthly_limit=None,
    max_active_per_invitee=2,
    change_notice_minutes=120,
    location="Phone",
    questions=[QUESTION],
    reminder_minutes=[1_440, 60],
    schedule_id=None,
    schedule=SCHEDULE,
)


@Operation(
    summary="List your active event types, oldest first",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
    conditional=True,
    compressible=True,
)
async def list_active(request: web.Request) -> web.Response:
    return await _list(request, archived=False)


@Operation(
    summary="List your event types, archived ones too, oldest first",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
    conditional=True,
)
async def list_all(request: web.Request) -> web.Response:
    return await _list(request, archived=True)


async def _list(request: web.Request, *, archived: bool) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    paging = bodies.read_query(request, Paging)
    page, count = (
        (event_types.list_all, event_types.count_all)
        if archived
        else (event_types.list_active, event_types.count_active)
    )
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
        found = await page(
            connection,
            host_id=host_id,
            limit=paging.limit,
            offset=bodies.offset(paging.page, paging.limit),
        )
        total = await count(connection, host_id=host_id)
    # A host that is not stored has no event types: a foreign key requires its row.
    items = [EventTypeItem.of(one, host, deps.public_url) for one in found] if host else []
    return bodies.reply_list(items, page=paging.page, limit=paging.limit, total=total)


@Operation(
    summary="Read an event type with its whole scheduling configuration",
    tag=TAG,
    reply=DETAIL,
    errors=NOT_FOUND,
    conditional=True,
    compressible=True,
)
async def get_event_type(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    event_type_id = path_id(request, "id", otherwise=EventTypeNotFound)
    async with deps.database.connection() as connection:
        found = await hosted_event_types.find(
            connection, host_id=auth.user_id(request), event_type_id=event_type_id
        )
    if found is None:
        raise EventTypeNotFound
    return bodies.reply(EventTypeDetail.of_hosted(found, deps.public_url))
