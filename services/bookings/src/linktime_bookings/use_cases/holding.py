"""How a use case works with time that availability holds for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.errors import HoldGivenAway, InvalidAnswers
from linktime_bookings.store import fates
from linktime_bookings.store.fates import Fate
from linktime_common.errors import Refusal
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id

RESERVATION = "reservationId"
"""Under this name an attempt remembers the reservation it chose."""

Outcome = TypeVar("Outcome")


async def with_hold(
    attempt: WriteAttempt[Any], act: Callable[[UUID], Awaitable[Outcome]]
) -> Outcome:
    """Run `act` with the attempt's reservation, and once more with a new one if that was lost.

    A hold is lost when the sweeper gave it back: this request was paused for too long, or it
    repeats one that was. The second loss is raised as HoldGivenAway.
    """
    try:
        return await act(attempt.chosen_id(RESERVATION))
    except HoldGivenAway:
        await attempt.choose(**{RESERVATION: str(new_id())})
        return await act(attempt.chosen_id(RESERVATION))


@asynccontextmanager
async def given_back_if_refused(deps: Deps, reservation_id: UUID) -> AsyncIterator[None]:
    """A refusal inside gives the hold back at once.

    After anything else the outcome may be unknown, so the hold is left to the sweeper.
    """
    try:
        yield
    except (Refusal, InvalidAnswers):
        async with deps.database.connection() as connection:
            fate = await fates.abandon(connection, reservation_id)
        if fate is Fate.ABANDONED:
            await deps.availability.free(reservation_id)
        raise
