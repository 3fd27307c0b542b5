"""Whether the invitee, who has the link, gets reminders of a booking."""

from functools import partial

from aiohttp import web
from pydantic import StrictBool
from pydantic.json_schema import SkipJsonSchema

from linktime_bookings.api import invitees
from linktime_bookings.api.expanding import ExpandQuery, IfExpanded, is_asked
from linktime_bookings.api.invitees import InviteesBookingReply, RemindersReply
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import BookingAlreadyCancelled
from linktime_bookings.use_cases.choose_reminders import ChooseReminders, choose_reminders
from linktime_common.http import bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply


class RemindersRequest(RequestModel):
    wanted: StrictBool


class ChosenRemindersReply(RemindersReply):
    """The choice, with the booking as its invitee sees it."""

    booking: InviteesBookingReply | SkipJsonSchema[None] = IfExpanded


@Operation(
    summary="Stop the reminders of a booking as its invitee, or get them again",
    description=(
        "`false` stops those that are not sent yet, also after a move. `true` brings back those "
        "that are not due yet. The mails to the host stay."
    ),
    tag=invitees.TAG,
    query=ExpandQuery,
    body=RemindersRequest,
    body_example={"wanted": False},
    reply=ChosenRemindersReply(wanted=False),
    errors=invitees.INVALID_LINK
    | {BookingAlreadyCancelled: "The booking is cancelled or has ended"},
    idempotent=True,
)
async def put_reminders_by_link(request: web.Request) -> web.Response:
    deps, link = request.app[DEPS], invitees.linked(request)
    body = await bodies.read(request, RemindersRequest)
    command = ChooseReminders(host_id=link.host_id, booking_id=link.booking_id, wanted=body.wanted)
    return await write(
        request,
        deps.database,
        partial(choose_reminders, command, deps),
        partial(_chosen, expands=is_asked(request)),
        scope=invitees.scope(link),
        seconds=deps.request_deadline_seconds,
    )


def _chosen(booking: Booking, *, expands: bool) -> WriteReply:
    return answer(
        ChosenRemindersReply(
            wanted=booking.reminders_wanted,
            booking=InviteesBookingReply.seen(booking) if expands else None,
        )
    )
