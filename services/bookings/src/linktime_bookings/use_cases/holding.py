"""Helpers for use cases that hold time in availability."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.errors import HoldReleased, InvalidAnswers
from linktime_bookings.store import fates
from linktime_bookings.store.fates import Fate
from linktime_common.errors import Refusal
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id

RESERVATION = "reservationId"
"""The key of the reservation's id in a write attempt."""

Outcome = TypeVar("Outcome")


async def with_hold(
    attempt: WriteAttempt[Any], act: Callable[[UUID], Awaitable[Outcome]]
) -> Outcome:
    """Run `act` with the attempt's reservation, and again with a new one on HoldReleased.

    The sweeper releases a hold when this request, or the one it repeats, was paused for too long.
    The second HoldReleased is raised.
    """
    try:
        return await act(attempt.chosen_id(RESERVATION))
    except HoldReleased:
        await attempt.choose(**{RESERVATION: str(new_id())})
        return await act(attempt.chosen_id(RESERVATION))


@asynccontextmanager
async def release_if_refused(deps: Deps, reservation_id: UUID) -> AsyncIterator[None]:
    """Release the hold when the block raises a refusal.

    After any other error the outcome may be unknown, so the sweeper settles the hold.
    """
    try:
        yield
    except (Refusal, InvalidAnswers):
        async with deps.database.connection() as connection:
            fate = await fates.abandon(connection, reservation_id)
        if fate is Fate.ABANDONED:
            await deps.availability.free(reservation_id)
        raise
