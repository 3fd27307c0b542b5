"""Booking by an invitee, without a key."""

from aiohttp import web

from linktime_bookings.api.bookings import book
from linktime_bookings.api.requests import PublicBookRequest
from linktime_bookings.domain.errors import EventTypeNotFound
from linktime_bookings.use_cases.book_slot import BookSlot
from linktime_common.caseless import caseless
from linktime_common.http import bodies
from linktime_common.ids import parse_id


async def post_booking(request: web.Request) -> web.Response:
    """Book a slot of an event type; the same rules and effects as with a key."""
    body = await bodies.read(request, PublicBookRequest)
    event_type_id = parse_id(body.event_type_id)
    if event_type_id is None:
        raise EventTypeNotFound(event_type=body.event_type_id)
    command = BookSlot(
        event_type_id=event_type_id,
        starts_at=body.start_time,
        invitee=body.invitee(),
        answers=body.given_answers(),
        source="page",
        by="invitee",
    )
    scope = f"event type {event_type_id} {caseless(body.invitee_email)}"
    return await book(request, command, scope=scope)
