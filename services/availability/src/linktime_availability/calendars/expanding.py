"""Which objects of a calendar are expanded, and for which time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID

from linktime_availability.calendars.expansion import (
    BusyRules,
    Expansion,
    ExpansionLimits,
    expand,
)
from linktime_availability.calendars.expansion.child import StartChild, start_child
from linktime_availability.calendars.expansion.intervals import merged
from linktime_availability.calendars.port import CalendarObject
from linktime_availability.domain.calendars import STALE_FOR
from linktime_availability.domain.event_type import REACH_SECONDS
from linktime_availability.store import reservations
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_availability.store.calendar_objects import StoredObject
from linktime_common.postgres import Database

LEAST_DAYS = 60
SINCE = timedelta(days=1)
AFTER_HORIZON = timedelta(days=1, seconds=REACH_SECONDS) + STALE_FOR + timedelta(hours=2)
"""The rest of the last date, a slot that starts at its end, with its buffer, what passes while the
calendar is stale, and a change of the clock."""
SPARE = timedelta(days=2)
"""How much further than that busy time is computed, so that it is rolled every second day."""
LIMITS = ExpansionLimits()


def horizon_of(leased: LeasedCalendar, now: datetime) -> datetime:
    """Return until when busy time must be known, for every slot within the event types' horizons
    until the next reading."""
    days = max(leased.longest_days or 0, LEAST_DAYS)
    return now + timedelta(days=days) + AFTER_HORIZON


def address_of(leased: LeasedCalendar) -> str:
    """Return the address by which the owner of the account is invited to events."""
    user = leased.account.user_name
    return user if "@" in user else leased.host_email


def must_expand_all(leased: LeasedCalendar, now: datetime) -> bool:
    """Whether the stored busy time ends too early, or was computed for another zone or address."""
    return (
        leased.expanded_until is None
        or leased.expanded_until < horizon_of(leased, now)
        or leased.expanded_zone != leased.host_timezone
        or leased.expanded_address != address_of(leased)
    )


def rules_of(leased: LeasedCalendar) -> BusyRules:
    """Return how the owner of the calendar reads it."""
    return BusyRules(zone=leased.host_timezone, own_address=address_of(leased))


async def expand_objects(
    objects: Mapping[str, CalendarObject],
    rules: BusyRules,
    since: datetime,
    until: datetime,
    *,
    host_id: UUID,
    database: Database,
    intervals_left: int = LIMITS.intervals,
    start: StartChild = start_child,
) -> list[StoredObject]:
    """Expand the objects in a limited child process; the host's own bookings take no time."""
    if not objects:
        return []
    given = list(objects.values())
    expansions = await expand(
        [one.data for one in given],
        rules,
        int(since.timestamp()),
        int(until.timestamp()),
        replace(LIMITS, intervals=max(intervals_left, 0)),
        start=start,
    )
    own = await _own_bookings(expansions, host_id, database)
    return [_stored(*pair, own) for pair in zip(given, expansions, strict=True)]


async def _own_bookings(
    expansions: Sequence[Expansion], host_id: UUID, database: Database
) -> set[UUID]:
    """Return which bookings are the host's; to others, the host is invited like to any event."""
    found = {one.booking_id for expansion in expansions for one in expansion.bookings}
    if not found:
        return set()
    async with database.connection() as connection:
        return await reservations.list_own(connection, host_id=host_id, booking_ids=found)


def spans_of(expanded: Sequence[StoredObject]) -> list[tuple[int, int]]:
    """Return the busy time of several objects."""
    return [span for one in expanded for span in one.intervals]


def _stored(
    given: CalendarObject, expansion: Expansion, own_bookings: Collection[UUID]
) -> StoredObject:
    of_others = (one for one in expansion.bookings if one.booking_id not in own_bookings)
    busy = [*expansion.intervals, *(span for one in of_others for span in one.intervals)]
    return StoredObject(
        ref=given.ref,
        version=given.version,
        data=given.data,
        intervals=merged(busy),
        events=expansion.events,
        refused_count=expansion.refused_count,
        refused=[asdict(one) for one in expansion.refused],
        own={
            one.uid.casefold(): None if one.is_cancelled else (one.start, one.end)
            for one in expansion.own
        },
        whole_refusal=expansion.whole_refusal,
    )
