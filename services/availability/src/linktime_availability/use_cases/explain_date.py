"""Why an event type can or cannot be booked on a date, start by start."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, stretch_around
from linktime_availability.domain.slot_rows import SlotRow, slot_rows
from linktime_availability.domain.slots import Rule, verdicts
from linktime_availability.domain.wall_time import dates_span
from linktime_availability.store import offers


@dataclass(frozen=True)
class Explanation:
    """Every start that the working hours suggest on a date of `zone`, with what removes it."""

    event_type: EventType
    zone: ZoneInfo
    starts: list[tuple[SlotRow, Rule | None]]


async def explain_date(
    *, host_id: UUID, slug: str, day: date, zone: ZoneInfo | None, deps: Deps
) -> Explanation:
    """The date is of the host's own zone when `zone` is None.

    Raises EventTypeNotFound; one that is archived is explained like any other.
    """
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection,
            event_type_id=None,
            host_id=host_id,
            slug=slug,
            stretch=stretch_around(day),
        )
    if offer is None:
        raise EventTypeNotFound
    availability = offer.availability(deps.clock.now().timestamp())
    zone = zone or availability.zone
    found = verdicts(availability, *dates_span(zone, day, day))
    rows = slot_rows([start for start, _ in found], availability.duration, zone)
    return Explanation(
        offer.event_type, zone, list(zip(rows, [rule for _, rule in found], strict=True))
    )
