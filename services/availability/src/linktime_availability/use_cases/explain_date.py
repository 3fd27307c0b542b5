"""Explain for each start of a date why it can or cannot be booked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import BusyTime
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, relevant_span_of
from linktime_availability.domain.slot_rows import SlotRow, slot_rows
from linktime_availability.domain.slots import Rule, verdicts
from linktime_availability.domain.wall_time import dates_span
from linktime_availability.store import calendar_objects, offers
from linktime_common.timezones import zone as zone_called

MOST_BUSY = 1_000


@dataclass(frozen=True)
class Explanation:
    """Every start within the working hours of a date in `zone`, with the rule that excludes it."""

    event_type: EventType
    zone: ZoneInfo
    starts: list[tuple[SlotRow, Rule | None]]
    busy: list[BusyTime]
    """What is busy in calendars on the date."""


async def explain_date(
    *, host_id: UUID, slug: str, day: date, zone: ZoneInfo | None, deps: Deps
) -> Explanation:
    """Explain a date in `zone`, by default the schedule's zone; archived event types too.

    Raises EventTypeNotFound.
    """
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection,
            event_type_id=None,
            host_id=host_id,
            slug=slug,
            span=relevant_span_of(day),
        )
        if offer is None:
            raise EventTypeNotFound
        zone = zone or zone_called(offer.schedule.timezone)
        since, until = dates_span(zone, day, day)
        busy = await calendar_objects.list_busy(
            connection,
            host_id=host_id,
            since=datetime.fromtimestamp(since, UTC),
            until=datetime.fromtimestamp(until, UTC),
            limit=MOST_BUSY,
        )
    availability = offer.availability(deps.clock.now().timestamp())
    found = verdicts(availability, since, until)
    rows = slot_rows([start for start, _ in found], availability.duration, zone)
    return Explanation(
        offer.event_type, zone, list(zip(rows, [rule for _, rule in found], strict=True)), busy
    )
