"""Finds events of bookings that somebody deleted or moved in the calendar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from linktime_availability.calendars.port import Changes
from linktime_availability.deps import Deps
from linktime_availability.domain.event_links import WrittenEvent
from linktime_availability.domain.wall_time import Span
from linktime_availability.store import calendar_event_links
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_availability.store.calendar_objects import StoredObject
from linktime_common import logs
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.availability import CalendarEventChange, CalendarEventChanged
from linktime_common.event_uids import event_uid
from linktime_common.ids import parse_id
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection

SENTENCES = {
    CalendarEventChange.DELETED: "The event was deleted in the calendar; the booking is unchanged",
    CalendarEventChange.MOVED: "The event was moved in the calendar; the booking is unchanged",
}
_LAST_YEAR = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class ReadEvents:
    """What one reading of a calendar shows of events that LinkTime wrote."""

    by_uid: dict[str, tuple[str, Span | None]]
    """Name and time of the events that changed; no time if it is cancelled."""
    removed: frozenset[str]

    @classmethod
    def of(cls, changes: Changes, expanded: Sequence[StoredObject]) -> "ReadEvents":
        """Leave out objects that were only expanded again."""
        changed = {one.ref for one in changes.changed}
        found = {
            uid: (one.ref, span)
            for one in expanded
            if one.ref in changed
            for uid, span in one.own.items()
        }
        return cls(found, frozenset(changes.removed))

    def booking_ids(self) -> Iterator[UUID]:
        for uid in self.by_uid:
            booking_id = parse_id(uid.partition("@")[0])
            if booking_id is not None:
                yield booking_id


async def note_drift(
    connection: Connection, leased: LeasedCalendar, read: ReadEvents, deps: Deps, *, begun: datetime
) -> None:
    """Store and publish once what somebody changed.

    What LinkTime wrote after the reading had `begun` may be missing in it, and is not compared.
    """
    if not read.by_uid and not read.removed:
        return
    written = await calendar_event_links.list_written(
        connection,
        host_id=leased.host_id,
        calendar_id=leased.calendar_id,
        before=begun,
        refs=read.removed,
        booking_ids=list(read.booking_ids()),
    )
    for one in written:
        await _compare(connection, leased, one, read, deps)


async def _compare(
    connection: Connection,
    leased: LeasedCalendar,
    written: WrittenEvent,
    read: ReadEvents,
    deps: Deps,
) -> None:
    uid = event_uid(written.booking_id, deps.uid_domain).casefold()
    ref, span = read.by_uid.get(uid, (None, None))
    wanted = (int(written.starts_at.timestamp()), int(written.ends_at.timestamp()))
    if ref is None and written.ref not in read.removed:
        return
    # Some programs cancel an event where others delete it.
    if ref is None or span is None:
        change = CalendarEventChange.DELETED
    elif span != wanted:
        change = CalendarEventChange.MOVED
    else:
        if ref != written.ref:
            await calendar_event_links.set_name(
                connection, host_id=leased.host_id, booking_id=written.booking_id, ref=ref
            )
        return
    logs.logger().info("event was changed in the calendar", calendar=leased.calendar_id)
    await calendar_event_links.set_drifted(
        connection,
        host_id=leased.host_id,
        booking_id=written.booking_id,
        sentence=SENTENCES[change],
    )
    await outbox.add(connection, _changed(leased, written, change, span, deps))


def _changed(
    leased: LeasedCalendar,
    written: WrittenEvent,
    change: CalendarEventChange,
    span: Span | None,
    deps: Deps,
) -> CalendarEventChanged:
    now = deps.clock.now()
    start, end = _shown(span)
    return CalendarEventChanged(
        occurred_at=now,
        owner_id=leased.host_id,
        aggregate_id=written.booking_id,
        aggregate_version=next_version(0, now),
        booking_id=written.booking_id,
        change=change,
        new_start_time=start,
        new_end_time=end,
    )


def _shown(span: Span | None) -> tuple[datetime, datetime] | tuple[None, None]:
    """Return the time as instants; none if it is of a year that no mail could show."""
    if span is None or not 0 <= span[0] <= span[1] < _LAST_YEAR:
        return None, None
    return datetime.fromtimestamp(span[0], UTC), datetime.fromtimestamp(span[1], UTC)
