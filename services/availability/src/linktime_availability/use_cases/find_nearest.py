"""Find free starts near one that was refused."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nsmallest
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.event_type import Offer, relevant_span
from linktime_availability.domain.rules import MOST_DAYS_IN_ADVANCE
from linktime_availability.domain.slots import clock_limits, free_starts
from linktime_availability.domain.wall_time import DAY
from linktime_availability.store import offers
from linktime_availability.use_cases.find_move import requested_move
from linktime_common.contracts.internal_api.availability import ReserveRequest
from linktime_common.errors import Unavailable

MOST_NEAREST = 5
AROUND = 7 * DAY
SECONDS = 0.3
"""A refusal does not wait longer for them."""


async def find_nearest(request: ReserveRequest, deps: Deps) -> list[datetime]:
    """Return up to five free starts within a week of the requested one, nearest first.

    If notice or horizon exclude the whole week, those nearest to what they allow. Empty if they
    cannot be found in time.
    """
    try:
        async with (
            asyncio.timeout(SECONDS),
            deps.turns.listing(request.host_id or request.event_type_id or UUID(int=0)),
        ):
            starts = await _starts_around(request, deps)
    except (TimeoutError, Unavailable):
        return []
    return [datetime.fromtimestamp(one, UTC) for one in _closest(starts, request.start_time)]


def _closest(starts: Iterable[int], wanted: datetime) -> list[int]:
    at = wanted.timestamp()
    return nsmallest(MOST_NEAREST, starts, key=lambda start: (abs(start - at), start))


async def _starts_around(request: ReserveRequest, deps: Deps) -> list[int]:
    now = deps.clock.now().timestamp()
    move = requested_move(request)
    wanted = int(min(max(request.start_time.timestamp(), now), now + MOST_DAYS_IN_ADVANCE * DAY))
    offer = await _offer_around(wanted, now, request, deps)
    if offer is None:
        return []
    availability = offer.availability(now, move)
    earliest, horizon = clock_limits(availability)
    allowed = min(max(wanted, earliest), horizon)
    if allowed != wanted:
        offer = await _offer_around(allowed, now, request, deps) or offer
        availability = offer.availability(now, move)
    return free_starts(availability, allowed - AROUND, allowed + AROUND + 1)


async def _offer_around(
    moment: int, now: float, request: ReserveRequest, deps: Deps
) -> Offer | None:
    async with deps.database.connection() as connection:
        return await offers.find(
            connection,
            event_type_id=request.event_type_id,
            host_id=request.host_id,
            slug=request.event_type_slug,
            span=relevant_span(moment - AROUND, moment + AROUND + 1, now),
        )
