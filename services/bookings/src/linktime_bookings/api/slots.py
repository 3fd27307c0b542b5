"""The starts to which an invitee can move a booking."""

import orjson
from aiohttp import web

from linktime_bookings.api import invitees
from linktime_bookings.api.bookings import EXAMPLE as BOOKING
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.errors import BookingAlreadyCancelled
from linktime_bookings.use_cases.list_slots_of_move import list_slots_of_move
from linktime_common.contracts.internal_api.availability import Slot, Slots
from linktime_common.http import bodies
from linktime_common.http.operations import Operation
from linktime_common.http.slots_query import DATES_OF_BOTH_ENDS, SlotsQuery

SLOT = Slot(
    date="2026-03-02",
    time="09:00",
    start_time="2026-03-02T08:00:00Z",
    end_time="2026-03-02T08:30:00Z",
)


@Operation(
    summary="List the starts to which a booking can be moved, as its invitee",
    description=(
        f"{DATES_OF_BOTH_ENDS} The booking does not block its own time and keeps its duration; "
        "its event type may be archived."
    ),
    tag=invitees.TAG,
    query=SlotsQuery,
    reply=Slots(data=[SLOT], event_type=BOOKING.event_type, timezone="Europe/Berlin"),
    errors=invitees.INVALID_LINK
    | {BookingAlreadyCancelled: "The booking is cancelled, has ended, or is too soon"},
    compressible=True,
)
async def get_slots_by_link(request: web.Request) -> web.Response:
    link, deps = invitees.linked(request), request.app[DEPS]
    query = bodies.read_query(request, SlotsQuery)
    first, last = query.dates(deps.clock.now())
    slots = await list_slots_of_move(
        link, timezone=query.timezone, first=first, last=last, deps=deps
    )
    return bodies.reply_json(orjson.Fragment(slots))
