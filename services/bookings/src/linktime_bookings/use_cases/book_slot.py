"""Book a slot: hold the time, then write the booking with its event and mails.

The event confirms the hold; if it is late, the sweeper does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_bookings.clients.availability import AFTER_COMMIT_SECONDS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.answers import GivenAnswer, checked
from linktime_bookings.domain.booking import Booking, By, Change, HistoryLine, Invitee, Source
from linktime_bookings.domain.emails import emails_of_booking
from linktime_bookings.domain.errors import InviteeLimit
from linktime_bookings.domain.events import EventContext, booking_created
from linktime_bookings.domain.reminders import reminders_of
from linktime_bookings.store import active_bookings, new_bookings
from linktime_bookings.store.new_bookings import NewBooking
from linktime_bookings.use_cases.event_context import event_context
from linktime_bookings.use_cases.holding import release_if_refused, with_hold
from linktime_common.contracts.internal_api.availability import ReserveRequest
from linktime_common.faults import reach
from linktime_common.idempotency import WriteAttempt

BOOKING = "bookingId"
"""The key of the booking's id in a write attempt."""


@dataclass(frozen=True, kw_only=True)
class BookSlot:
    """An event type by slug and host, or by id, with the start and the invitee.

    With `ignore_rules` only a clash is refused; for the host only.
    """

    host_id: UUID | None = None
    event_type_slug: str | None = None
    event_type_id: UUID | None = None
    starts_at: datetime
    invitee: Invitee
    answers: Sequence[GivenAnswer]
    source: Source
    by: By
    ignore_rules: bool = False


async def book_slot(command: BookSlot, deps: Deps, attempt: WriteAttempt[Booking]) -> Booking:
    """Book the slot and return the booking.

    Raises EventTypeNotFound, the refusal of a slot rule, InviteeLimit, InvalidAnswers;
    OutcomeUnknown and other Unavailable, or TimeoutError, when the outcome is unknown until the
    request is repeated.
    """
    reach("booking.recorded")
    async with asyncio.timeout_at(attempt.deadline - AFTER_COMMIT_SECONDS):
        return await with_hold(attempt, lambda held: _book(command, deps, attempt, held))


async def _book(
    command: BookSlot, deps: Deps, attempt: WriteAttempt[Booking], reservation_id: UUID
) -> Booking:
    held = await deps.availability.reserve(
        ReserveRequest(
            reservation_id=reservation_id,
            booking_id=attempt.chosen_id(BOOKING),
            host_id=command.host_id,
            event_type_id=command.event_type_id,
            event_type_slug=command.event_type_slug,
            start_time=command.starts_at,
            ignore_rules=command.ignore_rules,
        )
    )
    reach("booking.reserved")
    async with release_if_refused(deps, reservation_id):
        booking = Booking.made(
            held,
            invitee=command.invitee.reached_from(held.host.timezone),
            answers=checked(held.questions, command.answers, timezone=held.host.timezone),
            source=command.source,
            now=deps.clock.now(),
        )
        context = await event_context(booking, deps)
        new = _with_effects(booking, context, command)
        if held.max_active_per_invitee is None or command.ignore_rules:
            await _write(new, deps, attempt)
        else:
            await _write_limited(new, held.max_active_per_invitee, deps, attempt)
    reach("booking.committed")
    return booking


def _with_effects(booking: Booking, context: EventContext, command: BookSlot) -> NewBooking:
    return NewBooking(
        booking=booking,
        line=HistoryLine(
            type=Change.CREATED,
            at=booking.created_at,
            by=command.by,
            ignored_rules=command.ignore_rules,
        ),
        event=booking_created(booking, context),
        emails=emails_of_booking(booking, context),
        reminders=reminders_of(booking, now=booking.created_at),
    )


async def _write(new: NewBooking, deps: Deps, attempt: WriteAttempt[Booking]) -> None:
    async with attempt.single_write(deps.database, new.booking) as connection:
        await new_bookings.record(connection, new)
        reach("booking.committing")


async def _write_limited(
    new: NewBooking, limit: int, deps: Deps, attempt: WriteAttempt[Booking]
) -> None:
    """As `_write`; raises InviteeLimit if the invitee has `limit` bookings that have not ended."""
    booking = new.booking
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, booking)
        active = await active_bookings.lock_and_count(
            connection,
            host_id=booking.host.id,
            event_type_id=booking.event_type.id,
            email=booking.invitee.email,
            now=booking.created_at,
        )
        if active >= limit:
            raise InviteeLimit(event_type=booking.event_type.id)
        await new_bookings.record(connection, new)
        reach("booking.committing")
