"""`expand=booking`: the booking in the answer to a write, as reading it would return it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from linktime_bookings.api.bookings import BookingReply
from linktime_bookings.api.invitees import InviteesBookingReply
from linktime_bookings.domain.booking import Booking
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import QueryModel
from linktime_common.http.models import Done
from linktime_common.http.writes import answer
from linktime_common.idempotency import WriteReply

BOOKING = "booking"
Render = Callable[[Booking], WriteReply]


class ExpandQuery(QueryModel):
    """`booking` is the only word."""

    expand: Annotated[Literal["booking"], any_case((BOOKING,))] | None = Field(
        None,
        description=(
            "`booking` adds the booking to the answer. A repeat of an Idempotency-Key gets the "
            "first answer, with or without it."
        ),
    )


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


# Sent only if it is asked for: other answers are as they were before the parameter existed.
IfExpanded: Any = Field(
    None, exclude_if=lambda booking: booking is None, json_schema_extra=_without_default
)


class ChangedReply(Done):
    """The booking as it is after the change."""

    booking: BookingReply | SkipJsonSchema[None] = IfExpanded


class ChangedByInviteeReply(Done):
    """The booking as its invitee sees it after the change."""

    booking: InviteesBookingReply | SkipJsonSchema[None] = IfExpanded


def changed(request: web.Request) -> Render:
    """Return the rendering of a change by the host; raises InvalidRequest."""
    expands = is_asked(request)
    return lambda booking: answer(
        ChangedReply(booking=BookingReply.of(booking) if expands else None)
    )


def changed_by_invitee(request: web.Request) -> Render:
    """Return the rendering of a change by the invitee; raises InvalidRequest."""
    expands = is_asked(request)
    return lambda booking: answer(
        ChangedByInviteeReply(booking=InviteesBookingReply.seen(booking) if expands else None)
    )


def is_asked(request: web.Request) -> bool:
    """Return whether the answer has the booking; raises InvalidRequest."""
    return bodies.read_query(request, ExpandQuery).expand is not None
