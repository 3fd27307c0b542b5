"""Cancel a booking: as its host, or as its invitee with the link."""

from functools import partial

from aiohttp import web

from linktime_bookings.api import invitees
from linktime_bookings.api.bookings import NOT_FOUND, TAG
from linktime_bookings.api.changes import WAIT_SECONDS, ExpectedSequence, Reason
from linktime_bookings.api.expanding import (
    ChangedByInviteeReply,
    ChangedReply,
    ExpandQuery,
    Render,
    changed,
    changed_by_invitee,
)
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.errors import BookingAlreadyCancelled, BookingNotFound
from linktime_bookings.use_cases.cancel_booking import CancelBooking, cancel_booking
from linktime_common.http import auth, bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import write

OVER: Refusals = {
    BookingAlreadyCancelled: "The booking is cancelled already, has ended, or was changed"
}
INVITEES_OVER: Refusals = {
    BookingAlreadyCancelled: (
        "The booking is cancelled already, has ended, is too soon, or was changed"
    )
}


class CancelRequest(RequestModel):
    reason: Reason | None = None
    sequence: ExpectedSequence | None = None


@Operation(
    summary="Cancel a booking",
    description="The event `booking.cancelled` follows.",
    tag=TAG,
    query=ExpandQuery,
    body=CancelRequest,
    body_example={"reason": "I am ill"},
    reply=ChangedReply(),
    errors=NOT_FOUND | OVER,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_cancel(request: web.Request) -> web.Response:
    body = await bodies.read(request, CancelRequest)
    command = CancelBooking(
        host_id=auth.user_id(request),
        booking_id=path_id(request, "id", otherwise=BookingNotFound),
        reason=body.reason or None,
        sequence=body.sequence,
        by="host",
    )
    return await _write(request, command, changed(request))


@Operation(
    summary="Cancel a booking as its invitee",
    description="Until `changeableUntil`. The event `booking.cancelled` follows.",
    tag=invitees.TAG,
    query=ExpandQuery,
    body=CancelRequest,
    body_example={"reason": "I am ill"},
    reply=ChangedByInviteeReply(),
    errors=invitees.INVALID_LINK | INVITEES_OVER,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_cancel_by_link(request: web.Request) -> web.Response:
    link = invitees.linked(request)
    body = await bodies.read(request, CancelRequest)
    command = CancelBooking(
        host_id=link.host_id,
        booking_id=link.booking_id,
        reason=body.reason or None,
        sequence=body.sequence,
        by="invitee",
    )
    render = changed_by_invitee(request)
    return await _write(request, command, render, scope=invitees.scope(link))


async def _write(
    request: web.Request, command: CancelBooking, render: Render, *, scope: str | None = None
) -> web.Response:
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        partial(cancel_booking, command, deps),
        render,
        scope=scope,
        seconds=deps.request_deadline_seconds,
    )
