"""A host's bookings, over API keys and on the dashboard."""

from uuid import UUID

from aiohttp import web

from linktime_bookings.api.replies import (
    BookedReply,
    BookingDetailReply,
    BookingReply,
    ContactReply,
    HistoryReply,
)
from linktime_bookings.api.requests import BookRequest, CancelRequest, ListQuery, RescheduleRequest
from linktime_bookings.api.writes import book, cancel, reschedule
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import BookingNotFound
from linktime_bookings.store import booking_lists, bookings, history
from linktime_bookings.use_cases.book_slot import BookSlot
from linktime_bookings.use_cases.cancel_booking import CancelBooking
from linktime_bookings.use_cases.reschedule_booking import RescheduleBooking
from linktime_common.http import auth, bodies
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer


async def get_bookings(request: web.Request) -> web.Response:
    """One page of the host's bookings, newest start first."""
    query = bodies.read_query(request, ListQuery)
    since, until = query.span()
    async with request.app[DEPS].database.connection() as connection:
        page = await booking_lists.page(
            connection,
            host_id=auth.user_id(request),
            status=query.status,
            since=since,
            until=until,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [BookingReply.of(booking) for booking in page.bookings]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=page.total)


async def get_booking(request: web.Request) -> web.Response:
    """One booking with its history and the host's contact."""
    deps, host_id = request.app[DEPS], auth.user_id(request)
    booking_id = path_id(request, "id", otherwise=BookingNotFound)
    async with deps.database.connection() as connection:
        booking = await bookings.find(connection, host_id=host_id, booking_id=booking_id)
        lines = await history.of_booking(connection, host_id=host_id, booking_id=booking_id)
    found = await deps.contacts.find(owner_id=host_id, email=booking.invitee.email)
    return bodies.reply(
        BookingDetailReply.of(
            booking,
            contact=ContactReply.of(booking, found),
            history=[HistoryReply.of(line) for line in lines],
        )
    )


async def post_booking(request: web.Request) -> web.Response:
    """Book a slot of one of the host's event types."""
    body = await bodies.read(request, BookRequest)
    host_id = auth.user_id(request)
    command = BookSlot(
        host_id=host_id,
        event_type_slug=body.event_type_slug,
        starts_at=body.start_time,
        invitee=body.invitee(),
        answers=body.given_answers(),
        source="api",
        by="host",
    )
    return await book(request, command, scope=_scope(host_id), render=_booked)


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel one of the host's bookings."""
    body = await bodies.read(request, CancelRequest)
    host_id = auth.user_id(request)
    command = CancelBooking(
        host_id=host_id,
        booking_id=path_id(request, "id", otherwise=BookingNotFound),
        reason=body.reason or None,
        by="host",
    )
    return await cancel(request, command, scope=_scope(host_id))


async def post_reschedule(request: web.Request) -> web.Response:
    """Move one of the host's bookings."""
    body = await bodies.read(request, RescheduleRequest)
    host_id = auth.user_id(request)
    command = RescheduleBooking(
        host_id=host_id,
        booking_id=path_id(request, "id", otherwise=BookingNotFound),
        starts_at=body.new_start_time,
        reason=body.reason or None,
        by="host",
    )
    return await reschedule(request, command, scope=_scope(host_id))


def _scope(host_id: UUID) -> str:
    return f"user {host_id}"


def _booked(booking: Booking) -> Answer:
    return Answer(201, BookedReply(booking_id=booking.id).model_dump(mode="json"))
