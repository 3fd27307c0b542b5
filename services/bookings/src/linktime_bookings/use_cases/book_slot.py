"""Book a slot: hold the time, then write the booking with its event.

The event confirms the hold; where it is late, the sweeper does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_bookings.clients.availability import AFTERWARDS_SECONDS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.answers import GivenAnswer, checked
from linktime_bookings.domain.booking import Booking, By, Change, HistoryLine, Invitee, Source
from linktime_bookings.domain.events import Around, booking_created
from linktime_bookings.store import new_bookings
from linktime_bookings.use_cases.around import around
from linktime_bookings.use_cases.holding import given_back_if_refused, with_hold
from linktime_common.contracts.internal_api.availability import ReserveRequest
from linktime_common.faults import reach
from linktime_common.idempotency import WriteAttempt

BOOKING = "bookingId"
"""Under this name an attempt remembers the id it chose for the booking."""


@dataclass(frozen=True, kw_only=True)
class BookSlot:
    """An event type by its slug and host, or by its id, and who wants it when."""

    host_id: UUID | None = None
    event_type_slug: str | None = None
    event_type_id: UUID | None = None
    starts_at: datetime
    invitee: Invitee
    answers: Sequence[GivenAnswer]
    source: Source
    by: By


async def book_slot(command: BookSlot, deps: Deps, attempt: WriteAttempt[Booking]) -> Booking:
    """Book, and return the booking.

    Raises EventTypeNotFound, a refusal of the time, InvalidAnswers; OutcomeUnknown and other
    Unavailable, or TimeoutError, when only a repeat can tell what happened.
    """
    reach("booking.recorded")
    async with asyncio.timeout_at(attempt.deadline - AFTERWARDS_SECONDS):
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
        )
    )
    reach("booking.reserved")
    async with given_back_if_refused(deps, reservation_id):
        booking = Booking.made(
            held,
            invitee=command.invitee,
            answers=checked(held.questions, command.answers),
            source=command.source,
            now=deps.clock.now(),
        )
        about = await around(booking, deps)
        await _write(booking, about, command.by, deps, attempt)
    reach("booking.committed")
    return booking


async def _write(
    booking: Booking, about: Around, by: By, deps: Deps, attempt: WriteAttempt[Booking]
) -> None:
    line = HistoryLine(type=Change.CREATED, at=booking.created_at, by=by)
    event = booking_created(booking, about)
    async with attempt.single_write(deps.database, booking) as connection:
        await new_bookings.record(connection, booking, line, event)
        reach("booking.committing")
