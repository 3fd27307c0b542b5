"""Reads the calendars that are due: changes from the server, busy time into the database."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from linktime_availability.calendars import expanding, metrics
from linktime_availability.calendars.accounts import open_adapter, open_credentials
from linktime_availability.calendars.drift import ReadEvents, note_drift
from linktime_availability.calendars.expansion import RefusalReason
from linktime_availability.calendars.expansion.child import ExpansionFailed
from linktime_availability.calendars.failing import settle_failure
from linktime_availability.calendars.in_flight import work_through
from linktime_availability.calendars.port import (
    CalendarError,
    CalendarObject,
    Changes,
    Invalid,
    Transient,
)
from linktime_availability.calendars.presets import ConnectionKind
from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import (
    MOST_OBJECT_BYTES,
    MOST_OBJECTS,
    TOO_LARGE_OBJECTS,
    TOO_MANY_OBJECTS,
)
from linktime_availability.domain.sync_schedule import after_success
from linktime_availability.store import calendar_leases, calendar_objects
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_availability.store.calendar_objects import StoredObject
from linktime_common import faults, logs
from linktime_common.failure_logs import log_failure
from linktime_common.postgres import Connection
from linktime_common.sealing import SealBroken

LEASE_SECONDS = 600.0
"""Longer than a first reading (300 s) and the child process (120 s) together."""
READ_SECONDS = 540.0
AT_ONCE = 4
MOST_OF_A_HOST = 2
"""At once, so that one slow server leaves room for other hosts."""
WHY_NO_FEED = {
    RefusalReason.TOO_MANY: "The feed has too many events",
    RefusalReason.TOO_LARGE: "The feed needs too much memory",
    RefusalReason.NEVER_ENDS_PARSING: "Reading the feed takes too long",
    RefusalReason.OUT_OF_TIME: "Reading the feed takes too long",
    RefusalReason.UNREADABLE: "The feed is cut off, or uses another calendar than the Gregorian",
}
COMPARE_EVERY = timedelta(days=1)
"""How often all versions are compared, so that no change is missed for ever."""


async def sync_due(deps: Deps) -> int:
    """Read calendars until none is due; return how many were read or tried."""

    async def lease(limit: int) -> Sequence[LeasedCalendar]:
        async with deps.database.transaction() as connection:
            leased = await calendar_leases.lease(
                connection, limit=limit, most_of_a_host=MOST_OF_A_HOST, seconds=LEASE_SECONDS
            )
        if leased:
            faults.reach("sync.leased")
        return leased

    async def read(leased: LeasedCalendar) -> None:
        await _read(leased, deps)

    async def give_back(unread: Sequence[LeasedCalendar]) -> None:
        async with deps.database.connection() as connection:
            for one in unread:
                await calendar_leases.give_back(connection, one)

    return await work_through(lease, read, give_back, at_once=AT_ONCE)


async def _read(leased: LeasedCalendar, deps: Deps) -> None:
    """Read one calendar; a failure of one does not stop the others."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            await sync_calendar(leased, deps)
    except TimeoutError:
        error: CalendarError = Transient("Reading the calendar took too long")
    except SealBroken:
        logs.logger().exception("credentials cannot be decrypted", calendar=leased.calendar_id)
        error = Transient("The stored password cannot be decrypted. Tell your administrator")
    except ExpansionFailed:
        logs.logger().exception("calendar could not be expanded", calendar=leased.calendar_id)
        error = Transient("The calendar could not be processed")
    except CalendarError as failure:
        error = failure
    except Exception as fault:
        log_failure("calendar could not be read", fault, calendar=leased.calendar_id)
        error = Transient("LinkTime could not read the calendar and tries again later")
    else:
        metrics.SYNCS.labels("ok").inc()
        return
    metrics.SYNCS.labels(error.kind).inc()
    await settle_failure(leased, error, deps)


async def sync_calendar(leased: LeasedCalendar, deps: Deps) -> None:
    """Store what changed at the server; raises CalendarError."""
    now = deps.clock.now()
    credentials = open_credentials(leased.account, deps.sealer)
    adapter = open_adapter(leased.account.kind, credentials, deps.guarded)
    compares = leased.compared_at is None or leased.compared_at < now - COMPARE_EVERY

    async def known() -> Mapping[str, str]:
        nonlocal compares
        compares = True
        return await _versions(leased, deps)

    state = None if compares else leased.sync_state
    changes = await adapter.sync(leased.ref, state, known)
    faults.reach("sync.received")
    expands_all = expanding.must_expand_all(leased, now)
    objects = {one.ref: one for one in changes.changed}
    if expands_all:
        objects = await _stored_objects(leased, changes, deps) | objects
    until = expanding.horizon_of(leased, now) + expanding.SPARE
    expanded = await _expand(leased, objects, until, deps, now=now, expands_all=expands_all)
    if leased.account.kind == ConnectionKind.ICS:
        _check_feed(expanded)
    faults.reach("sync.expanded")
    await _store(
        leased,
        changes,
        expanded,
        deps,
        until=until if expands_all else None,
        was_compared=compares,
    )


def _check_feed(expanded: Sequence[StoredObject]) -> None:
    """Raise Invalid for a feed that is refused as a whole: its events are unknown, not gone."""
    for one in expanded:
        if one.whole_refusal is not None:
            raise Invalid(WHY_NO_FEED[RefusalReason(one.whole_refusal)])


async def _versions(leased: LeasedCalendar, deps: Deps) -> dict[str, str]:
    async with deps.database.connection() as connection:
        return await calendar_objects.versions(
            connection, host_id=leased.host_id, calendar_id=leased.calendar_id
        )


async def _stored_objects(
    leased: LeasedCalendar, changes: Changes, deps: Deps
) -> dict[str, CalendarObject]:
    """Return the objects that the changes leave as they are, without those never delivered.

    The last known data of an unreadable one counts: otherwise its series would end.
    """
    async with deps.database.connection() as connection:
        stored = await calendar_objects.data_of(
            connection, host_id=leased.host_id, calendar_id=leased.calendar_id
        )
    removed = set(changes.removed)
    return {
        ref: CalendarObject(ref, version, data)
        for ref, (version, data) in stored.items()
        if data and ref not in removed
    }


async def _expand(
    leased: LeasedCalendar,
    objects: Mapping[str, CalendarObject],
    until: datetime,
    deps: Deps,
    *,
    now: datetime,
    expands_all: bool,
) -> list[StoredObject]:
    """Expand the objects; the limit of intervals is that of the whole calendar."""
    left = expanding.LIMITS.intervals
    if objects and not expands_all:
        async with deps.database.connection() as connection:
            left -= await calendar_objects.count_intervals(
                connection,
                host_id=leased.host_id,
                calendar_id=leased.calendar_id,
                without=list(objects),
            )
        until = leased.expanded_until or until
    rules = expanding.rules_of(leased)
    return await expanding.expand_objects(
        objects,
        rules,
        now - expanding.SINCE,
        until,
        host_id=leased.host_id,
        database=deps.database,
        intervals_left=left,
    )


def _begun(leased: LeasedCalendar) -> datetime:
    """Return when the calendar was leased, by the clock of the database."""
    leased_until = leased.leased_until
    if leased_until is None:
        raise ValueError("The calendar is not leased")
    return leased_until - timedelta(seconds=LEASE_SECONDS)


async def _replace(
    connection: Connection,
    leased: LeasedCalendar,
    changes: Changes,
    expanded: Sequence[StoredObject],
) -> None:
    """Store the objects that differ; raises Invalid if all of the calendar are too much."""
    names = {"host_id": leased.host_id, "calendar_id": leased.calendar_id}
    await calendar_objects.replace(connection, **names, changed=expanded, removed=changes.removed)
    if changes.unreadable:
        await calendar_objects.put_unreadable(connection, **names, refs=changes.unreadable)
    objects, octets = await calendar_objects.sum_up(connection, **names)
    if objects > MOST_OBJECTS:
        raise Invalid(TOO_MANY_OBJECTS)
    if octets > MOST_OBJECT_BYTES:
        raise Invalid(TOO_LARGE_OBJECTS)


async def _store(
    leased: LeasedCalendar,
    changes: Changes,
    expanded: list[StoredObject],
    deps: Deps,
    *,
    until: datetime | None,
    was_compared: bool,
) -> None:
    """Store everything in one transaction, if the calendar is still this worker's.

    Raises Invalid for a calendar above the limits, of which nothing is stored.
    """
    async with deps.database.transaction() as connection:
        if not await calendar_leases.hold(connection, leased):
            return
        await note_drift(
            connection, leased, ReadEvents.of(changes, expanded), deps, begun=_begun(leased)
        )
        if expanded or changes.removed or changes.unreadable:
            await _replace(connection, leased, changes, expanded)
        if until is not None:
            await calendar_leases.set_expanded(
                connection,
                leased,
                until=until,
                zone=leased.host_timezone,
                address=expanding.address_of(leased),
            )
        await calendar_leases.settle_success(
            connection,
            leased,
            wait=after_success(leased.account.kind),
            state=changes.state,
            was_compared=was_compared,
        )
        faults.reach("sync.stored")
    faults.reach("sync.committed")
