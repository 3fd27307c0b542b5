"""Move a booking: as its host, or as its invitee with the link."""

from functools import partial

from aiohttp import web

from linktime_bookings.api import invitees
from linktime_bookings.api.bookings import NOT_FOUND, TAG
from linktime_bookings.api.changes import WAIT_SECONDS, ExpectedSequence, IgnoreRules, Reason
from linktime_bookings.api.expanding import (
    ChangedByInviteeReply,
    ChangedReply,
    ExpandQuery,
    Render,
    changed,
    changed_by_invitee,
)
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.errors import BookingNotFound, SlotTaken
from linktime_bookings.use_cases.holding import RESERVATION
from linktime_bookings.use_cases.reschedule_booking import RescheduleBooking, reschedule_booking
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Moment, RequestModel
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import write
from linktime_common.ids import new_id

EXAMPLE = {"newStartTime": "2026-03-02T14:00:00.000Z", "reason": "A clash"}


class RescheduleByLinkRequest(RequestModel):
    new_start_time: Moment
    reason: Reason | None = None
    sequence: ExpectedSequence | None = None


class RescheduleRequest(RescheduleByLinkRequest):
    ignore_rules: IgnoreRules = False


HOSTS_REFUSED: Refusals = NOT_FOUND | {
    SlotTaken: "The time is taken, or outside the event type's rules; or the booking is cancelled, "
    "has ended, or was changed"
}
INVITEES_REFUSED: Refusals = invitees.INVALID_LINK | {
    SlotTaken: "The time is taken or outside the rules; or the booking is cancelled, has ended, "
    "is too soon, or was changed"
}


@Operation(
    summary="Move a booking to another start",
    description=(
        "The event `booking.rescheduled` follows. Moving a booking to the start it has already "
        "changes nothing and is answered as a success."
    ),
    tag=TAG,
    query=ExpandQuery,
    body=RescheduleRequest,
    body_example=EXAMPLE,
    reply=ChangedReply(),
    errors=HOSTS_REFUSED,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_reschedule(request: web.Request) -> web.Response:
    body = await bodies.read(request, RescheduleRequest)
    command = RescheduleBooking(
        host_id=auth.user_id(request),
        booking_id=path_id(request, "id", otherwise=BookingNotFound),
        starts_at=body.new_start_time,
        reason=body.reason or None,
        sequence=body.sequence,
        by="host",
        ignore_rules=body.ignore_rules,
    )
    return await _write(request, command, changed(request))


@Operation(
    summary="Move a booking as its invitee",
    description=(
        "Until `changeableUntil`. The event `booking.rescheduled` follows, unless the start is the "
        "present one."
    ),
    tag=invitees.TAG,
    query=ExpandQuery,
    body=RescheduleByLinkRequest,
    body_example=EXAMPLE,
    reply=ChangedByInviteeReply(),
    errors=INVITEES_REFUSED,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_reschedule_by_link(request: web.Request) -> web.Response:
    link = invitees.linked(request)
    body = await bodies.read(request, RescheduleByLinkRequest)
    command = RescheduleBooking(
        host_id=link.host_id,
        booking_id=link.booking_id,
        starts_at=body.new_start_time,
        reason=body.reason or None,
        sequence=body.sequence,
        by="invitee",
    )
    render = changed_by_invitee(request)
    return await _write(request, command, render, scope=invitees.scope(link))


async def _write(
    request: web.Request, command: RescheduleBooking, render: Render, *, scope: str | None = None
) -> web.Response:
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        partial(reschedule_booking, command, deps),
        render,
        scope=scope,
        seconds=deps.request_deadline_seconds,
        memory={RESERVATION: str(new_id())},
    )
