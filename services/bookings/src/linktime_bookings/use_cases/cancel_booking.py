"""Cancel a booking and free its host's time."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.clients.availability import AFTER_COMMIT_SECONDS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking, Change, HistoryLine
from linktime_bookings.domain.emails import emails_of_cancellation
from linktime_bookings.domain.events import EventContext, booking_cancelled
from linktime_bookings.store import bookings, emails, history, reminders
from linktime_bookings.use_cases.event_context import event_context
from linktime_common.contracts.events.bookings import CancelledBy
from linktime_common.faults import reach
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection


@dataclass(frozen=True, kw_only=True)
class CancelBooking:
    host_id: UUID
    booking_id: UUID
    reason: str | None
    by: CancelledBy
    sequence: int | None = None


async def cancel_booking(
    command: CancelBooking, deps: Deps, attempt: WriteAttempt[Booking]
) -> Booking:
    """Cancel the booking, publish the event and free the host's time; return it cancelled.

    Raises BookingNotFound, BookingAlreadyCancelled, BookingEnded, ChangeTooLate,
    BookingChanged.
    """
    async with asyncio.timeout_at(attempt.deadline - AFTER_COMMIT_SECONDS):
        async with deps.database.connection() as connection:
            booking = await bookings.find(
                connection, host_id=command.host_id, booking_id=command.booking_id
            )
        context = await event_context(booking, deps)
        cancelled = await _cancel(command, context, deps, attempt)
    reach("cancel.committed")
    await deps.availability.free(cancelled.reservation_id)
    return cancelled


async def _cancel(
    command: CancelBooking, context: EventContext, deps: Deps, attempt: WriteAttempt[Booking]
) -> Booking:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        booking = await bookings.lock(
            connection, host_id=command.host_id, booking_id=command.booking_id
        )
        cancelled = booking.cancel(reason=command.reason, now=now, by=command.by)
        booking.refuse_other_sequence(command.sequence)
        await attempt.keep(connection, cancelled)
        await write_cancellation(connection, cancelled, context, by=command.by)
    return cancelled


async def write_cancellation(
    connection: Connection, cancelled: Booking, context: EventContext, *, by: CancelledBy
) -> None:
    """Write the booking (its row must be locked), its history, event and mails."""
    line = HistoryLine(
        type=Change.CANCELLED,
        at=cancelled.updated_at,
        by=by,
        reason=cancelled.cancellation_reason,
    )
    await bookings.save_cancellation(connection, cancelled)
    await history.add(connection, cancelled, line)
    await outbox.add(connection, booking_cancelled(cancelled, context, by=by))
    await reminders.remove_of_booking(connection, cancelled.id)
    await emails.supersede(connection, cancelled.id)
    await emails.add(connection, emails_of_cancellation(cancelled, context, by=by))
