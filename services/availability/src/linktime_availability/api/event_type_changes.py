"""Create and change event types, as their host or the operator."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_availability.api.event_types import (
    DETAIL,
    NOT_FOUND,
    TAG,
    EventTypeDetail,
    Price,
)
from linktime_availability.api.questions import NewQuestion, with_ids
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import (
    EventTypeNotFound,
    HostNotFound,
    ScheduleNotFound,
    SlugTaken,
)
from linktime_availability.domain.event_type import (
    DEFAULT_REMINDER_MINUTES,
    RESERVED_SLUGS,
    EventType,
    HostedEventType,
    is_slug,
)
from linktime_availability.domain.rules import MOST_DAYS_IN_ADVANCE, BookingRules
from linktime_availability.use_cases.change_event_type import ChangeEventType, change_event_type
from linktime_availability.use_cases.make_event_type import make_event_type
from linktime_common.contracts.internal_api.availability import MadeEventType, Question
from linktime_common.contracts.wire import Instant
from linktime_common.http import auth, bodies
from linktime_common.http.fields import (
    Line,
    Name,
    Note,
    OneLine,
    RequestModel,
    leave_out_defaults,
)
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply, user_scope
from linktime_common.ids import new_id

SLUG_TAKEN: Refusals = {SlugTaken: "Another event type of yours, archived or not, has this slug"}
NO_SCHEDULE: Refusals = {ScheduleNotFound: "No schedule of yours has the id `scheduleId`"}
READ_ONLY = frozenset({"id", "bookingUrl", "createdAt", "schedule"})
RULES = frozenset(field.name for field in fields(BookingRules))
DAY_MINUTES = 1_440
YEAR_MINUTES = 525_600
MOST_REMINDERS = 5
MOST_REMINDER_MINUTES = 43_200


def _check_slug(slug: str) -> str:
    if not is_slug(slug):
        raise PydanticCustomError("slug", "Use up to 60 lower-case letters, digits and hyphens")
    if slug in RESERVED_SLUGS:
        raise PydanticCustomError("slug", "This word is reserved, please choose another")
    return slug


def _no_price(price: Any) -> None:
    if price is not None:
        raise PydanticCustomError("price", "Event types are free of charge; leave the price null")


def _refuse_repeated(minutes: list[int]) -> list[int]:
    if len(set(minutes)) != len(minutes):
        raise PydanticCustomError("reminders", "Two reminders are at the same time")
    return minutes


Slug = Annotated[
    Line,
    AfterValidator(_check_slug),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,59}$"}),
]
Location = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), OneLine]
Length = Annotated[int, Field(strict=True, ge=5, le=DAY_MINUTES)]
Buffer = Annotated[int, Field(strict=True, ge=0, le=DAY_MINUTES)]
Notice = Annotated[int, Field(strict=True, ge=0, le=YEAR_MINUTES)]
Horizon = Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS_IN_ADVANCE)]
MostBookings = Annotated[int, Field(strict=True, ge=1, le=1_000)]
Reminders = Annotated[
    list[Annotated[int, Field(strict=True, ge=5, le=MOST_REMINDER_MINUTES)]],
    Field(max_length=MOST_REMINDERS),
    AfterValidator(_refuse_repeated),
]
# Of the type that is answered, so that a typed client can send an answer back.
_PRICE = {"anyOf": [Price.model_json_schema(), {"type": "null"}]}
NoPrice = Annotated[Any, AfterValidator(_no_price), WithJsonSchema(_PRICE)]


class NewEventType(RequestModel):
    """The body of a new event type; read-only fields are ignored."""

    name: Name
    slug: Slug | None = Field(None, description="Derived from the name when null, and unique")
    description: Note | None = None
    duration_minutes: Length
    slot_interval_minutes: Length | None = Field(None, description="The duration when null")
    buffer_before: Buffer = Field(0, description="Minutes to keep free before")
    buffer_after: Buffer = Field(0, description="Minutes to keep free after")
    minimum_notice_minutes: Notice = 60
    max_days_in_advance: Horizon = 60
    daily_limit: MostBookings | None = Field(
        None, description="Bookings per date; null for no limit"
    )
    weekly_limit: MostBookings | None = Field(
        None, description="Bookings per week from Monday to Sunday; null for no limit"
    )
    monthly_limit: MostBookings | None = Field(
        None, description="Bookings per month; null for no limit"
    )
    max_active_per_invitee: MostBookings | None = Field(
        None, description="Bookings of one e-mail address that have not ended; null for no limit"
    )
    change_notice_minutes: Notice | None = Field(
        None,
        description=(
            "Minutes before the start until which invitees can cancel and move; null for until "
            "the end"
        ),
    )
    location: Location | None = None
    questions: list[NewQuestion] = Field(default_factory=list, max_length=50)
    reminder_minutes: Reminders = Field(
        list(DEFAULT_REMINDER_MINUTES),
        description="Minutes before the start at which the invitee gets a reminder; empty for none",
    )
    schedule_id: UUID | None = Field(
        None, description="One of your schedules; null for the default one, whichever that is"
    )
    active: StrictBool = Field(True, description="False is archived: it takes no new booking")
    price: NoPrice = Field(None, description="Null: event types are free of charge")

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body

    @model_validator(mode="after")
    def _asks_each_question_once(self) -> Self:
        ids = [question.id for question in self._questions()]
        if len(set(ids)) != len(ids):
            raise PydanticCustomError("questions", "Two questions have the same id")
        return self

    def event_type(self, *, host_id: UUID, created_at: Instant) -> EventType:
        """Return a new event type, with the defaults that depend on other fields."""
        return EventType(
            id=new_id(),
            host_id=host_id,
            name=self.name,
            slug=self.slug or "",
            description=self.description,
            location=self.location,
            questions=self._stored_questions(),
            reminder_minutes=self.reminder_minutes,
            schedule_id=self.schedule_id,
            created_at=created_at,
            rules=BookingRules(
                duration_minutes=self.duration_minutes,
                slot_interval_minutes=self.slot_interval_minutes or self.duration_minutes,
                buffer_before=self.buffer_before,
                buffer_after=self.buffer_after,
                minimum_notice_minutes=self.minimum_notice_minutes,
                max_days_in_advance=self.max_days_in_advance,
                daily_limit=self.daily_limit,
                weekly_limit=self.weekly_limit,
                monthly_limit=self.monthly_limit,
                max_active_per_invitee=self.max_active_per_invitee,
                change_notice_minutes=self.change_notice_minutes,
                active=self.active,
            ),
        )

    def _questions(self) -> list[Question]:
        return with_ids(self.questions)

    def _stored_questions(self) -> list[dict[str, Any]]:
        return [question.model_dump(mode="json") for question in self._questions()]


class EventTypeChange(NewEventType):
    """The fields to change; a field that is left out keeps its value."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Required in a new event type. As with every default here, the value is never read.
    name: Name = ""
    duration_minutes: Length = 0

    def changed(self, event_type: EventType) -> EventType:
        """Return `event_type` with the sent fields; null means the same as on creation."""
        sent = {name: getattr(self, name) for name in self.model_fields_set if name != "price"}
        rules = {name: sent.pop(name) for name in RULES.intersection(sent)}
        if "questions" in sent:
            sent["questions"] = self._stored_questions()
        changed = replace(event_type, **sent, rules=replace(event_type.rules, **rules))
        return replace(
            changed,
            slug=changed.slug or "",
            rules=replace(
                changed.rules,
                slot_interval_minutes=changed.rules.slot_interval_minutes
                or changed.rules.duration_minutes,
            ),
        )


@Operation(
    summary="Create an event type",
    tag=TAG,
    body=NewEventType,
    body_example={"name": "Intro call", "durationMinutes": 30, "bufferAfter": 15},
    reply=DETAIL,
    status=201,
    errors=NO_SCHEDULE | SLUG_TAKEN,
    idempotent=True,
    location=below("id"),
)
async def post_event_type(request: web.Request) -> web.Response:
    render = partial(_detail, request.app[DEPS].public_url, status=201)
    return await _make(request, auth.user_id(request), render)


async def post_for_host(request: web.Request) -> web.Response:
    """Create an event type, as the operator."""
    host_id = path_id(request, "id", otherwise=HostNotFound)
    return await _make(request, host_id, _made)


@Operation(
    summary="Change, archive or restore an event type",
    description=(
        "Omitted fields keep their values. `active` false archives: new bookings are refused, "
        "existing ones stay and can be moved. Event types are never deleted."
    ),
    tag=TAG,
    body=EventTypeChange,
    body_example={"durationMinutes": 45, "active": False},
    reply=DETAIL.model_copy(update={"duration_minutes": 45, "active": False}),
    errors=NOT_FOUND | SLUG_TAKEN,
    idempotent=True,
)
async def patch_event_type(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    command = ChangeEventType(
        host_id=auth.user_id(request),
        event_type_id=path_id(request, "id", otherwise=EventTypeNotFound),
        change=(await bodies.read(request, EventTypeChange)).changed,
    )
    act = partial(change_event_type, command, deps)
    return await write(request, deps.database, act, partial(_detail, deps.public_url))


async def _make(
    request: web.Request, host_id: UUID, render: Callable[[HostedEventType], WriteReply]
) -> web.Response:
    deps = request.app[DEPS]
    body = await bodies.read(request, NewEventType)
    event_type = body.event_type(host_id=host_id, created_at=deps.clock.now())
    act = partial(make_event_type, event_type, deps)
    return await write(request, deps.database, act, render, scope=user_scope(host_id))


def _detail(public_url: str, hosted: HostedEventType, *, status: int = 200) -> WriteReply:
    return answer(EventTypeDetail.of_hosted(hosted, public_url), status)


def _made(hosted: HostedEventType) -> WriteReply:
    return answer(MadeEventType(id=hosted.event_type.id, slug=hosted.event_type.slug), 201)
