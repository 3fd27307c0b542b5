"""Explain why the starts of a date, or one instant, can or cannot be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import BusyTime, least_known
from linktime_availability.domain.causes import Cause, KnownThings, cause_of, hours_cause
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import (
    REACH_SECONDS,
    EventType,
    Offer,
    relevant_span_of,
)
from linktime_availability.domain.slot_rows import SlotRow, exact_row
from linktime_availability.domain.slots import Availability, Rule, refusal, verdicts
from linktime_availability.domain.time_off import MOST_TIME_OFF
from linktime_availability.domain.wall_time import Span, dates_span
from linktime_availability.store import calendar_objects, calendars, offers, time_off
from linktime_common.postgres import Connection
from linktime_common.timezones import zone as zone_called

MOST_BUSY = 1_000

CheckedStart = tuple[float, Rule | None]


@dataclass(frozen=True)
class ExplainedRow:
    """A start, the rule that excludes it, and what is behind the rule."""

    slot: SlotRow
    rule: Rule | None
    cause: Cause | None


@dataclass(frozen=True)
class Explanation:
    """Every start within the working hours of a date in `zone`, or the one that was asked for.

    `cause` is why there is none.
    """

    event_type: EventType
    zone: ZoneInfo
    day: date
    starts: list[ExplainedRow]
    busy: list[BusyTime]
    """What is busy in calendars on the date."""
    cause: Cause | None


async def explain(
    *, host_id: UUID, slug: str, asked: date | datetime, zone: ZoneInfo | None, deps: Deps
) -> Explanation:
    """Explain a date in `zone`, by default the schedule's zone, or an instant; archived event
    types too. Raises EventTypeNotFound.
    """
    is_instant = isinstance(asked, datetime)
    span = relevant_span_of(asked.astimezone(UTC).date() if isinstance(asked, datetime) else asked)
    async with deps.database.connection() as connection:
        offer = await offers.find(
            connection, event_type_id=None, host_id=host_id, slug=slug, span=span
        )
        if offer is None:
            raise EventTypeNotFound
        zone = zone or zone_called(offer.schedule.timezone)
        day = asked.astimezone(zone).date() if isinstance(asked, datetime) else asked
        on_date = dates_span(zone, day, day)
        now = deps.clock.now()
        availability = offer.availability(now.timestamp())
        is_unknown = availability.last_known < on_date[1]
        known = await _known(connection, offer, on_date, now if is_unknown else None)
    found: Sequence[CheckedStart] = (
        [(asked.timestamp(), refusal(availability, asked.timestamp()))]
        if isinstance(asked, datetime)
        else verdicts(availability, *on_date)
    )
    return Explanation(
        offer.event_type,
        zone,
        day,
        _rows(found, availability, zone, known),
        [busy for busy in known.busy if _is_within(busy, on_date)],
        None if found or is_instant else hours_cause(on_date[0], availability),
    )


async def _known(
    connection: Connection, offer: Offer, span: Span, unknown_at: datetime | None
) -> KnownThings:
    """Read what can be named of the date `span`, with the time that a slot on it can reach; the
    calendars that are not known at an instant, if one is given."""
    host_id = offer.host.id
    since, until = span[0] - REACH_SECONDS, span[1] + REACH_SECONDS
    busy = await calendar_objects.list_busy(
        connection,
        host_id=host_id,
        since=datetime.fromtimestamp(since, UTC),
        until=datetime.fromtimestamp(until, UTC),
        limit=MOST_BUSY,
    )
    off = (
        await time_off.list_page(connection, host_id=host_id, limit=MOST_TIME_OFF, offset=0)
        if offer.time_off
        else []
    )
    if unknown_at is None:
        return KnownThings(busy, off, holidays=offer.holidays)
    unknown = least_known(await calendars.list_of(connection, host_id), unknown_at)
    return KnownThings(busy, off, unknown, offer.holidays)


def _rows(
    found: Sequence[CheckedStart], availability: Availability, zone: ZoneInfo, known: KnownThings
) -> list[ExplainedRow]:
    return [
        ExplainedRow(
            exact_row(start, availability.duration, zone),
            rule,
            None if rule is None else cause_of(rule, start, availability, known),
        )
        for start, rule in found
    ]


def _is_within(busy: BusyTime, span: Span) -> bool:
    return busy.starts_at.timestamp() < span[1] and span[0] < busy.ends_at.timestamp()
