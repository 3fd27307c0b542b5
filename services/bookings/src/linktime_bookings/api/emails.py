"""Mails of a booking, in the dashboard."""

from functools import partial
from typing import Self
from uuid import UUID

from aiohttp import web

from linktime_bookings.api.changes import WAIT_SECONDS
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.emails import Kind, Status
from linktime_bookings.domain.errors import (
    BookingNotFound,
    EmailNotFound,
    EmailOutdated,
    TooManyResends,
)
from linktime_bookings.store.email_logs import EmailLine
from linktime_bookings.use_cases.resend_email import ResendEmail, resend_email
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import done, write


class EmailLogReply(WireModel):
    """A mail about a booking.

    The address is masked when the retention of mails has ended. A mail to the host has none until
    it is sent, to the address that the account has then.
    """

    id: UUID
    type: Kind
    recipient: str | None
    status: Status
    sent_at: Instant | None
    error: str | None

    @classmethod
    def of(cls, line: EmailLine) -> Self:
        """Return the reply for one mail."""
        return cls(
            id=line.id,
            type=line.kind,
            recipient=line.recipient,
            status=line.status,
            sent_at=line.sent_at,
            error=line.error,
        )


@Operation(
    summary="Send a mail of a booking again",
    description=(
        "A new mail of the same type, about the booking as it is now. Of a cancelled booking only "
        "the cancellation can be sent again; of none that has ended. Mails of the types "
        "`host_mail_refused` and `calendar_event_changed` cannot be sent again."
    ),
    tag="Bookings",
    reply=Done(),
    errors={
        EmailNotFound: "No such booking, or not yours, or it has no such mail",
        EmailOutdated: "Not of use any more, or of a type that cannot be sent again",
        TooManyResends: "Sent again five times within 24 hours",
    },
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def post_resend(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    command = ResendEmail(
        host_id=auth.user_id(request),
        booking_id=path_id(request, "id", otherwise=BookingNotFound),
        email_id=path_id(request, "email_id", otherwise=EmailNotFound),
    )
    return await write(request, deps.database, partial(resend_email, command, deps), done)
