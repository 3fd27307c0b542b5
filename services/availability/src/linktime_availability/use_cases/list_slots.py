"""The free slots of an event type, by local date."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, Offer, stretch_that_matters
from linktime_availability.domain.slot_rows import slot_json
from linktime_availability.domain.slots import free_starts
from linktime_availability.domain.wall_time import Span, dates_span
from linktime_availability.store import offers

BYTES_AT_A_STRETCH = 128 * 1024  # some two milliseconds when no day of them is known yet


async def list_slots(
    *, host_id: UUID, slug: str, zone: ZoneInfo, first: date, last: date, deps: Deps
) -> tuple[EventType, bytes]:
    """The slots that start on the dates from `first` to `last` of `zone`, both inclusive, as JSON.

    Raises EventTypeNotFound, also for one that takes no bookings, and Unavailable when the host's
    slots are asked for more often than they can be listed in time.
    """
    async with deps.turns.listing(host_id):
        now = deps.clock.now().timestamp()
        since, until = dates_span(zone, first, last)
        offer = await _find(host_id, slug, stretch_that_matters(since, until, now), deps)
        availability = offer.availability(now)
        starts = free_starts(availability, since, until)
        return offer.event_type, await _written(starts, availability.duration, zone)


async def _find(host_id: UUID, slug: str, stretch: Span, deps: Deps) -> Offer:
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection, event_type_id=None, host_id=host_id, slug=slug, stretch=stretch
        )
    if offer is None or not offer.takes_bookings:
        raise EventTypeNotFound
    return offer


async def _written(starts: Sequence[int], duration: int, zone: ZoneInfo) -> bytes:
    days, at_a_stretch = [], 0
    for day in slot_json(starts, duration, zone):
        days.append(day)
        at_a_stretch += len(day)
        if at_a_stretch > BYTES_AT_A_STRETCH:
            at_a_stretch = 0
            await asyncio.sleep(0)  # others are answered between
    return b"[" + b",".join(days) + b"]"
