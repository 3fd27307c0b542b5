"""Booking by an invitee without a key, and what they do with the link to their booking."""

from functools import partial

from aiohttp import web

from linktime_bookings.api.replies import BookedByInviteeReply, InviteesBookingReply
from linktime_bookings.api.requests import CancelRequest, PublicBookRequest, RescheduleRequest
from linktime_bookings.api.writes import book, cancel, reschedule
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import EventTypeNotFound
from linktime_bookings.domain.links import Linked, Links
from linktime_bookings.store import bookings
from linktime_bookings.use_cases.book_slot import BookSlot
from linktime_bookings.use_cases.cancel_booking import CancelBooking
from linktime_bookings.use_cases.reschedule_booking import RescheduleBooking
from linktime_common.caseless import caseless
from linktime_common.http import bodies
from linktime_common.idempotency import Answer
from linktime_common.ids import parse_id


async def post_booking(request: web.Request) -> web.Response:
    """Book a slot of an event type; the same rules and effects as with a key."""
    body = await bodies.read(request, PublicBookRequest)
    event_type_id = parse_id(body.event_type_id)
    if event_type_id is None:
        raise EventTypeNotFound
    command = BookSlot(
        event_type_id=event_type_id,
        starts_at=body.start_time,
        invitee=body.invitee(),
        answers=body.given_answers(),
        source="page",
        by="invitee",
    )
    scope = f"event type {event_type_id} {caseless(body.invitee_email)}"
    links = request.app[DEPS].links
    return await book(request, command, scope=scope, render=partial(_booked, links))


async def get_booking(request: web.Request) -> web.Response:
    """The booking a link leads to, as its invitee sees it."""
    linked = _linked(request)
    async with request.app[DEPS].database.connection() as connection:
        booking = await bookings.find(
            connection, host_id=linked.host_id, booking_id=linked.booking_id
        )
    return bodies.reply(InviteesBookingReply.seen(booking))


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel the booking a link leads to."""
    linked = _linked(request)
    body = await bodies.read(request, CancelRequest)
    command = CancelBooking(
        host_id=linked.host_id,
        booking_id=linked.booking_id,
        reason=body.reason or None,
        by="invitee",
    )
    return await cancel(request, command, scope=_scope(linked))


async def post_reschedule(request: web.Request) -> web.Response:
    """Move the booking a link leads to."""
    linked = _linked(request)
    body = await bodies.read(request, RescheduleRequest)
    command = RescheduleBooking(
        host_id=linked.host_id,
        booking_id=linked.booking_id,
        starts_at=body.new_start_time,
        reason=body.reason or None,
        by="invitee",
    )
    return await reschedule(request, command, scope=_scope(linked))


def _linked(request: web.Request) -> Linked:
    return request.app[DEPS].links.open(request.match_info["token"])


def _scope(linked: Linked) -> str:
    return f"invitee of {linked.booking_id}"


def _booked(links: Links, booking: Booking) -> Answer:
    url = links.url(Linked(booking.id, booking.host.id))
    reply = BookedByInviteeReply(booking_id=booking.id, manage_url=url)
    return Answer(201, reply.model_dump(mode="json"))
