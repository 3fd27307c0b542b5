"""Move a booking: hold the new time, move the booking with its event, free the old time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_bookings.clients.availability import AFTER_COMMIT_SECONDS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking, Change, HistoryLine
from linktime_bookings.domain.emails import emails_of_move
from linktime_bookings.domain.events import EventContext, booking_rescheduled
from linktime_bookings.domain.reminders import Reminder, reminders_of
from linktime_bookings.store import bookings, emails, fates, history, reminders
from linktime_bookings.use_cases.event_context import event_context
from linktime_bookings.use_cases.holding import release_if_refused, with_hold
from linktime_common.contracts.events.bookings import RescheduledBy
from linktime_common.contracts.internal_api.availability import ReserveRequest
from linktime_common.faults import reach
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox


@dataclass(frozen=True, kw_only=True)
class RescheduleBooking:
    host_id: UUID
    booking_id: UUID
    starts_at: datetime
    reason: str | None
    by: RescheduledBy
    sequence: int | None = None
    ignore_rules: bool = False


@dataclass(frozen=True)
class Move:
    """A booking before and after, with its new reminders."""

    before: Booking
    after: Booking
    reminders: Sequence[Reminder]


async def reschedule_booking(
    command: RescheduleBooking, deps: Deps, attempt: WriteAttempt[Booking]
) -> Booking:
    """Move the booking, publish the event and free the old time; return it at its new time.

    Nothing is done for the present start.

    Raises BookingNotFound, BookingAlreadyCancelled, BookingEnded, ChangeTooLate, BookingChanged,
    the refusal of a slot rule; OutcomeUnknown and other Unavailable, or TimeoutError, when the
    outcome is unknown until the request is repeated.
    """
    async with asyncio.timeout_at(attempt.deadline - AFTER_COMMIT_SECONDS):
        async with deps.database.connection() as connection:
            booking = await bookings.find(
                connection, host_id=command.host_id, booking_id=command.booking_id
            )
        booking.refuse_change(now=deps.clock.now(), by=command.by)
        booking.refuse_other_sequence(command.sequence)
        if booking.starts_at == command.starts_at:
            return booking
        move = await with_hold(attempt, lambda held: _move(booking, command, deps, attempt, held))
    await deps.availability.free(move.before.reservation_id)
    return move.after


async def _move(
    booking: Booking,
    command: RescheduleBooking,
    deps: Deps,
    attempt: WriteAttempt[Booking],
    reservation_id: UUID,
) -> Move:
    held = await deps.availability.reserve(
        ReserveRequest(
            reservation_id=reservation_id,
            booking_id=booking.id,
            host_id=command.host_id,
            event_type_id=booking.event_type.id,
            start_time=command.starts_at,
            reschedule_minutes=booking.minutes,
            ignore_rules=command.ignore_rules,
        )
    )
    reach("reschedule.reserved")
    async with release_if_refused(deps, reservation_id):
        after = booking.move(held, now=deps.clock.now(), by=command.by)
        due = reminders_of(after, now=after.updated_at)
        move = Move(booking, after, due)
        context = await event_context(after, deps)
        await _write(move, context, command, deps, attempt)
    reach("reschedule.committed")
    return move


async def _write(
    move: Move,
    context: EventContext,
    command: RescheduleBooking,
    deps: Deps,
    attempt: WriteAttempt[Booking],
) -> None:
    before, after, by, reason = move.before, move.after, command.by, command.reason
    line = HistoryLine(
        type=Change.RESCHEDULED,
        at=after.updated_at,
        by=by,
        reason=reason,
        from_starts_at=before.starts_at,
        to_starts_at=after.starts_at,
        ignored_rules=command.ignore_rules,
    )
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, after)
        await fates.use(connection, after.reservation_id)
        await bookings.save_move(connection, before, after)
        await history.add(connection, after, line)
        event = booking_rescheduled(before, after, context, by=by, reason=reason)
        await outbox.add(connection, event)
        await reminders.remove_of_booking(connection, after.id)
        await reminders.add(connection, move.reminders)
        await emails.supersede(connection, after.id)
        await emails.add(connection, emails_of_move(before, after, context, by=by, reason=reason))
