"""A booking for its invitee, who has the signed link."""

from datetime import timedelta
from typing import Self

from aiohttp import web

from linktime_bookings.api.bookings import EXAMPLE as BOOKING
from linktime_bookings.api.bookings import BookingReply
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import BookingNotFound
from linktime_bookings.domain.links import Linked
from linktime_bookings.store import bookings
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import bodies
from linktime_common.http.operations import Operation, Refusals

TAG = "Public"
INVALID_LINK: Refusals = {BookingNotFound: "The link is invalid, or its signing key was removed"}


class InviteesHostReply(WireModel):
    """The host's details for the invitee."""

    name: str
    username: str


class RemindersReply(WireModel):
    """Whether the invitee gets the reminders of the event type."""

    wanted: bool


class InviteesBookingReply(BookingReply):
    """A booking for its invitee, who can cancel and move it until `changeable_until`; None if it is
    cancelled. `reminders` is None if there is nothing to choose."""

    host: InviteesHostReply
    changeable_until: Instant | None
    reminders: RemindersReply | None

    @classmethod
    def seen(cls, booking: Booking) -> Self:
        """Return the reply for `booking`."""
        is_cancelled = booking.status is BookingStatus.CANCELLED
        return cls.of(
            booking,
            host=InviteesHostReply(name=booking.host.name, username=booking.host.username),
            changeable_until=None if is_cancelled else booking.changeable_until,
            reminders=_reminders(booking),
        )


def _reminders(booking: Booking) -> RemindersReply | None:
    is_chosen = booking.has_reminders or not booking.reminders_wanted
    if booking.status is BookingStatus.CANCELLED or not is_chosen:
        return None
    return RemindersReply(wanted=booking.reminders_wanted)


@Operation(
    summary="Read a booking as its invitee",
    description=(
        "`token` is the last part of `manageUrl`. The link does not expire. `changeableUntil` is "
        "when the invitee can no longer cancel or move; null if the booking is cancelled. "
        "`reminders` is null if the booking is cancelled or its event type has no reminders."
    ),
    tag=TAG,
    reply=InviteesBookingReply(
        **BOOKING.model_copy(update={"source": "page"}).model_dump(by_alias=False),
        host=InviteesHostReply(name="Ada Host", username="ada"),
        changeable_until=BOOKING.start_time - timedelta(hours=2),
        reminders=RemindersReply(wanted=True),
    ),
    errors=INVALID_LINK,
    conditional=True,
)
async def get_booking(request: web.Request) -> web.Response:
    link = linked(request)
    async with request.app[DEPS].database.connection() as connection:
        booking = await bookings.find(connection, host_id=link.host_id, booking_id=link.booking_id)
    return bodies.reply(InviteesBookingReply.seen(booking))


def linked(request: web.Request) -> Linked:
    """Return the booking and host of the link in the path; raises BookingNotFound."""
    return request.app[DEPS].links.open(request.match_info["token"])


async def host_of(request: web.Request) -> str:
    """Return the host of the link in the path; raises BookingNotFound."""
    return str(linked(request).host_id)


def scope(link: Linked) -> str:
    """Return the scope of idempotency keys for a link."""
    return f"invitee of {link.booking_id}"
