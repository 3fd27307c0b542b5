"""Cancel a booking: its host's time is free again."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.clients.availability import AFTERWARDS_SECONDS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking, Change, HistoryLine
from linktime_bookings.domain.events import Around, booking_cancelled
from linktime_bookings.store import bookings, history
from linktime_bookings.use_cases.around import around
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


async def cancel_booking(command: CancelBooking, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Free the host's time and tell the other services.

    Raises BookingNotFound, BookingAlreadyCancelled, BookingEnded.
    """
    async with asyncio.timeout_at(attempt.deadline - AFTERWARDS_SECONDS):
        async with deps.database.connection() as connection:
            booking = await bookings.find(
                connection, host_id=command.host_id, booking_id=command.booking_id
            )
        about = await around(booking, deps)
        cancelled = await _cancel(command, about, deps, attempt)
    reach("cancel.committed")
    await deps.availability.free(cancelled.reservation_id)


async def _cancel(
    command: CancelBooking, about: Around, deps: Deps, attempt: WriteAttempt[None]
) -> Booking:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        booking = await bookings.lock(
            connection, host_id=command.host_id, booking_id=command.booking_id
        )
        cancelled = booking.cancel(reason=command.reason, now=now)
        await write_cancellation(connection, cancelled, about, by=command.by)
    return cancelled


async def write_cancellation(
    connection: Connection, cancelled: Booking, about: Around, *, by: CancelledBy
) -> None:
    """The booking (its row is locked), the line of its history, and what the others are told."""
    line = HistoryLine(
        type=Change.CANCELLED,
        at=cancelled.updated_at,
        by=by,
        reason=cancelled.cancellation_reason,
    )
    await bookings.save_cancellation(connection, cancelled)
    await history.add(connection, cancelled, line)
    await outbox.add(connection, booking_cancelled(cancelled, about, by=by))
