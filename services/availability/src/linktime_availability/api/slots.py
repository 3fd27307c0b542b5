"""The free slots of an event type, and those of a booking to be moved."""

from typing import Annotated
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import WithJsonSchema

from linktime_availability.api.event_types import EXAMPLE as EVENT_TYPE
from linktime_availability.api.schedules import TAG
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import (
    BookingAlreadyCancelled,
    BookingNotFound,
    EventTypeNotFound,
)
from linktime_availability.domain.event_type import EventType, read_slug
from linktime_availability.domain.moves import MovedBooking
from linktime_availability.use_cases.find_move import find_move
from linktime_availability.use_cases.list_slots import list_slots
from linktime_availability.use_cases.reserve import booked_event_type
from linktime_common.contracts.events.bookings import BookedEventType
from linktime_common.contracts.internal_api.availability import MoveSlotsRequest, Slot, Slots
from linktime_common.http import auth, bodies
from linktime_common.http.operations import Operation
from linktime_common.http.slots_query import DATES_OF_BOTH_ENDS, SlotsQuery
from linktime_common.ids import parse_id
from linktime_common.timezones import zone as zone_called


class HostsSlotsQuery(SlotsQuery):
    """With `bookingId` the slots are the starts to which this booking can be moved."""

    booking_id: Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})] | None = None


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
    name="listSlots",
    summary="List the free slots of an event type",
    description=(
        f"{DATES_OF_BOTH_ENDS} With `bookingId` they are the starts to which this booking can be "
        "moved: it does not block its own time and keeps its duration, and its event type may be "
        "archived."
    ),
    tag=TAG,
    query=HostsSlotsQuery,
    reply=EXAMPLE,
    errors={
        EventTypeNotFound: "No such event type, or it takes no bookings; or it has no such booking",
        BookingAlreadyCancelled: "The booking of `bookingId` is cancelled, or has ended",
    },
    compressible=True,
)
async def get_slots(request: web.Request) -> web.Response:
    query = bodies.read_query(request, HostsSlotsQuery)
    host_id, deps = auth.user_id(request), request.app[DEPS]
    if query.booking_id is None:
        return await reply_slots(request, query, host_id)
    query.dates(deps.clock.now())  # a wrong parameter comes first
    move = await find_move(host_id, parse_id(query.booking_id), deps)
    try:
        return await reply_slots(request, query, host_id, move)
    except EventTypeNotFound as error:
        raise BookingNotFound from error


async def post_slots_of_move(request: web.Request) -> web.Response:
    """List the starts to which a booking can be moved, for the bookings service."""
    wanted = await bodies.read(request, MoveSlotsRequest)
    move = MovedBooking(
        booking_id=wanted.booking_id,
        event_type_id=wanted.event_type_id,
        minutes=wanted.reschedule_minutes,
    )
    event_type, slots = await list_slots(
        host_id=wanted.host_id,
        slug=None,
        zone=zone_called(wanted.timezone),
        first=wanted.start_date,
        last=wanted.end_date,
        deps=request.app[DEPS],
        move=move,
    )
    return _reply(event_type, slots, wanted.timezone, move)


async def reply_slots(
    request: web.Request, query: SlotsQuery, host_id: UUID, move: MovedBooking | None = None
) -> web.Response:
    """Return the slots of the event type in the path; the body has the shape of `Slots`."""
    deps = request.app[DEPS]
    first, last = query.dates(deps.clock.now())
    slug = read_slug(request.match_info["slug"])
    event_type, slots = await list_slots(
        host_id=host_id,
        slug=slug,
        zone=zone_called(query.timezone),
        first=first,
        last=last,
        deps=deps,
        move=move,
    )
    return _reply(event_type, slots, query.timezone, move)


def _reply(
    event_type: EventType, slots: bytes, timezone: str, move: MovedBooking | None
) -> web.Response:
    booked = booked_event_type(event_type)
    if move is not None:
        booked = booked.model_copy(update={"duration_minutes": move.minutes})
    # Rows are already JSON: thousands of pydantic models would take longer than all else.
    return bodies.reply_json(
        {
            "data": orjson.Fragment(slots),
            "eventType": booked.model_dump(mode="json"),
            "timezone": timezone,
        }
    )
