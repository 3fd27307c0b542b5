"""The operator's requests on the internal port."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_bookings.deps import DEPS
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.events import state_of
from linktime_bookings.domain.mail_retry import MailAnswer
from linktime_bookings.mail.smtp import SmtpClient
from linktime_bookings.store import booking_lists, email_figures
from linktime_common.contracts.internal_api.bookings import MailState
from linktime_common.contracts.internal_api.resync import BookingIds, BookingPage, VersionedBooking
from linktime_common.http import bodies
from linktime_common.http.fields import Digits, QueryModel


class AfterQuery(QueryModel):
    """Keyset pagination over all bookings."""

    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 200


async def get_bookings(request: web.Request) -> web.Response:
    """Return all hosts' bookings by id, for consumers that rebuild their projection."""
    query = bodies.read_query(request, AfterQuery)
    async with request.app[DEPS].database.connection() as connection:
        found = await booking_lists.after(connection, booking_id=query.after, limit=query.limit + 1)
    listed = found[: query.limit]
    return bodies.reply(
        BookingPage(
            data=[_versioned(booking) for booking in listed],
            next_after=listed[-1].id if len(found) > query.limit else None,
        )
    )


async def look_up_bookings(request: web.Request) -> web.Response:
    """Return those of the bookings that exist, for the operator who restores them elsewhere."""
    wanted = await bodies.read(request, BookingIds)
    async with request.app[DEPS].database.connection() as connection:
        found = await booking_lists.find_some(connection, wanted.ids)
    return bodies.reply(
        BookingPage(data=[_versioned(booking) for booking in found], next_after=None)
    )


def _versioned(booking: Booking) -> VersionedBooking:
    return VersionedBooking(booking=state_of(booking), version=booking.version)


async def get_mail(request: web.Request) -> web.Response:
    """Return whether the mail server answers and accepts login and sender; sends nothing."""
    deps = request.app[DEPS]
    async with deps.database.connection() as connection:
        figures = await email_figures.read(connection)
    server = deps.mail_server
    sender = deps.sender.address
    outcome = None if server is None else await SmtpClient(server).check(sender)
    return bodies.reply(
        MailState(
            configured=server is not None,
            reachable=None if outcome is None else outcome.answer is MailAnswer.ACCEPTED,
            error=None if outcome is None else outcome.reason,
            queued=sum(figures.waiting.values()),
            oldest_seconds=round(figures.oldest_due_seconds, 1),
            waits_because=figures.waits_because,
        )
    )
