"""The free slots of an event type."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web
from pydantic import Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from linktime_availability.api.event_types import EXAMPLE as EVENT_TYPE
from linktime_availability.api.schedules import TAG
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, is_slug
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.events.bookings import BookedEventType
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import LocalDate, QueryModel, QueryMoment, TimezoneName
from linktime_common.http.operations import Operation
from linktime_common.timezones import zone as zone_called

DEFAULT_DAYS = timedelta(days=7)
MOST_DATES = 62
DATES_OF_BOTH_ENDS = "Both dates are local dates of `timezone` and included; at most 62 dates."
DATE_CHARACTERS = len("2026-03-01")

Day = date  # in a model with a field `date` the type needs another name
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
    start_date: RequestedDay | None = None
    end_date: RequestedDay | None = None

    def dates(self, now: datetime) -> tuple[date, date]:
        """Return the first and last requested date; raises InvalidRequest naming the field."""
        zone = zone_called(self.timezone)
        first = _date_in(zone, self.start_date or now, "startDate")
        if self.end_date is None:
            return first, first + min(DEFAULT_DAYS, date.max - first)
        last = _date_in(zone, self.end_date, "endDate")
        if last < first:
            raise bodies.invalid("endDate", "Must not be before the start date")
        if (last - first).days >= MOST_DATES:
            raise bodies.invalid("endDate", f"At most {MOST_DATES} dates can be requested at once")
        return first, last


def _date_in(zone: ZoneInfo, day: date | datetime, field: str) -> date:
    if not isinstance(day, datetime):
        return day
    try:
        return day.astimezone(zone).date()
    except OverflowError as error:
        raise bodies.invalid(field, "The date is out of range") from error


class Slot(WireModel):
    """A slot: local date and time in the requested zone, and its start and end instants."""

    date: Day
    time: Annotated[str, Field(examples=["09:30"], pattern="^[0-2][0-9]:[0-5][0-9]$")]
    start_time: Instant
    end_time: Instant


class Slots(WireModel):
    data: list[Slot]
    event_type: BookedEventType
    timezone: str


def booked_event_type(event_type: EventType) -> BookedEventType:
    """Return the event type's fields that are part of slots and bookings."""
    return BookedEventType(
        id=event_type.id,
        name=event_type.name,
        slug=event_type.slug,
        duration_minutes=event_type.rules.duration_minutes,
    )


BOOKED = BookedEventType(
    id=EVENT_TYPE.id,
    name=EVENT_TYPE.name,
    slug=EVENT_TYPE.slug,
    duration_minutes=EVENT_TYPE.duration_minutes,
)
SLOT = Slot(
    date="2026-03-02",
    time="09:00",
    start_time="2026-03-02T08:00:00Z",
    end_time="2026-03-02T08:30:00Z",
)
EXAMPLE = Slots(data=[SLOT], event_type=BOOKED, timezone="Europe/Berlin")


@Operation(
    summary="List the free slots of an event type",
    description=DATES_OF_BOTH_ENDS,
    tag=TAG,
    query=SlotsQuery,
    reply=EXAMPLE,
    errors={EventTypeNotFound: "No such event type, or it takes no bookings"},
)
async def get_slots(request: web.Request) -> web.Response:
    query = bodies.read_query(request, SlotsQuery)
    return await reply_slots(request, query, auth.user_id(request))


async def reply_slots(request: web.Request, query: SlotsQuery, host_id: UUID) -> web.Response:
    """Return the slots of the event type in the path; the body has the shape of `Slots`."""
    deps, slug = request.app[DEPS], request.match_info["slug"]
    first, last = query.dates(deps.clock.now())
    if not is_slug(slug):
        raise EventTypeNotFound
    event_type, slots = await list_slots(
        host_id=host_id,
        slug=slug,
        zone=zone_called(query.timezone),
        first=first,
        last=last,
        deps=deps,
    )
    # Rows are already JSON: thousands of pydantic models would take longer than all else.
    return bodies.reply_json(
        {
            "data": orjson.Fragment(slots),
            "eventType": booked_event_type(event_type).model_dump(mode="json"),
            "timezone": query.timezone,
        }
    )
