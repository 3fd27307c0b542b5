"""List the slots of an event type by local date."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, Offer, relevant_span
from linktime_availability.domain.slot_rows import slot_json
from linktime_availability.domain.slots import free_starts
from linktime_availability.domain.wall_time import Span, dates_span
from linktime_availability.store import offers

BYTES_PER_SLICE = 128 * 1024  # about 2 ms of work when nothing is cached


async def list_slots(
    *, host_id: UUID, slug: str, zone: ZoneInfo, first: date, last: date, deps: Deps
) -> tuple[EventType, bytes]:
    """Return the slots on the dates from `first` to `last` in `zone`, both inclusive, as JSON.

    Raises EventTypeNotFound, also for one that accepts no bookings, and Unavailable when too many
    requests for the host's slots are waiting.
    """
    async with deps.turns.listing(host_id):
        now = deps.clock.now().timestamp()
        since, until = dates_span(zone, first, last)
        offer = await _find(host_id, slug, relevant_span(since, until, now), deps)
        availability = offer.availability(now)
        starts = free_starts(availability, since, until)
        return offer.event_type, await _render(starts, availability.duration, zone)


async def _find(host_id: UUID, slug: str, span: Span, deps: Deps) -> Offer:
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection, event_type_id=None, host_id=host_id, slug=slug, span=span
        )
    if offer is None or not offer.takes_bookings:
        raise EventTypeNotFound
    return offer


async def _render(starts: Sequence[int], duration: int, zone: ZoneInfo) -> bytes:
    days, size = [], 0
    for day in slot_json(starts, duration, zone):
        days.append(day)
        size += len(day)
        if size > BYTES_PER_SLICE:
            size = 0
            await asyncio.sleep(0)  # lets other requests run
    return b"[" + b",".join(days) + b"]"
