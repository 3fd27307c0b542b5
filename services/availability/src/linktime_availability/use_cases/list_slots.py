"""The free slots of an event type, by local date."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, stretch_that_matters
from linktime_availability.domain.slot_rows import SlotRow, slot_rows
from linktime_availability.domain.slots import free_starts
from linktime_availability.domain.wall_time import dates_span
from linktime_availability.store import offers


async def list_slots(
    *, host_id: UUID, slug: str, zone: ZoneInfo, first: date, last: date, deps: Deps
) -> tuple[EventType, list[SlotRow]]:
    """The slots that start on the dates from `first` to `last` of `zone`, both inclusive.

    Raises EventTypeNotFound, also for one that takes no bookings.
    """
    now = deps.clock.now().timestamp()
    since, until = dates_span(zone, first, last)
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection,
            event_type_id=None,
            host_id=host_id,
            slug=slug,
            stretch=stretch_that_matters(since, until, now),
        )
    if offer is None or not offer.takes_bookings:
        raise EventTypeNotFound
    availability = offer.availability(now)
    starts = free_starts(availability, since, until)
    return offer.event_type, slot_rows(starts, availability.duration, zone)
