"""List the slots of an event type, or those of a booking to be moved, by local date."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, Offer, relevant_span
from linktime_availability.domain.moves import MovedBooking
from linktime_availability.domain.slot_rows import slot_json
from linktime_availability.domain.slots import free_starts
from linktime_availability.domain.wall_time import dates_span
from linktime_availability.store import former_slugs, offers
from linktime_common.postgres import Connection

BYTES_PER_SLICE = 128 * 1024  # about 2 ms of work when nothing is cached


async def list_slots(
    *,
    host_id: UUID,
    slug: str | None,
    zone: ZoneInfo,
    first: date,
    last: date,
    deps: Deps,
    move: MovedBooking | None = None,
) -> tuple[EventType, bytes]:
    """Return the slots on the dates from `first` to `last` in `zone`, both inclusive, as JSON.

    With `move` these are the starts to which that booking can be moved; `slug` is then optional.
    Raises EventTypeNotFound, also for one that accepts no bookings unless one of them is moved,
    and Unavailable when too many requests for the host's slots are waiting.
    """
    async with deps.turns.listing(host_id):
        now = deps.clock.now().timestamp()
        since, until = dates_span(zone, first, last)
        async with deps.database.connection() as connection:
            offer = await offers.find(
                connection,
                event_type_id=None if move is None else move.event_type_id,
                host_id=host_id,
                slug=slug if move is None else None,
                span=relevant_span(since, until, now),
                with_ids=False,
            )
            if offer is None or not await _is_open(connection, offer, slug, move):
                raise EventTypeNotFound
        availability = offer.availability(now, move)
        starts = free_starts(availability, since, until)
        return offer.event_type, await _render(starts, availability.duration, zone)


async def _is_open(
    connection: Connection, offer: Offer, slug: str | None, move: MovedBooking | None
) -> bool:
    if move is None:
        return offer.takes_bookings
    if slug is None or slug == offer.event_type.slug:
        return True
    return await former_slugs.is_former(
        connection, host_id=offer.host.id, slug=slug, event_type_id=offer.event_type.id
    )


async def _render(starts: Sequence[int], duration: int, zone: ZoneInfo) -> bytes:
    days, size = [], 0
    for day in slot_json(starts, duration, zone):
        days.append(day)
        size += len(day)
        if size > BYTES_PER_SLICE:
            size = 0
            await asyncio.sleep(0)  # lets other requests run
    return b"[" + b",".join(days) + b"]"
