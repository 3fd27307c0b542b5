"""Send a mail about a booking again."""

from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.resending import resent
from linktime_bookings.store import bookings, email_logs, emails
from linktime_bookings.use_cases.event_context import link_of
from linktime_common.idempotency import WriteAttempt


@dataclass(frozen=True, kw_only=True)
class ResendEmail:
    host_id: UUID
    booking_id: UUID
    email_id: UUID


async def resend_email(command: ResendEmail, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Queue a new mail of the same kind, about the booking as it is now.

    Raises BookingNotFound, EmailNotFound, EmailNotResendable, EmailOutdated, TooManyResends.
    """
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        booking = await bookings.lock(
            connection, host_id=command.host_id, booking_id=command.booking_id
        )
        sent = await email_logs.find(
            connection,
            owner_id=command.host_id,
            booking_id=command.booking_id,
            email_id=command.email_id,
        )
        again = resent(sent, booking, link_of(booking, deps), now=deps.clock.now())
        await emails.add(connection, [again])
