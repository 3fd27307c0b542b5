"""Asks a host's calendars before a booking, within a second.

An answer in time decides; without one the stored busy time and the policy of the host do.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from linktime_availability.calendars import expanding, failing, metrics
from linktime_availability.calendars.accounts import open_adapter, open_credentials
from linktime_availability.calendars.expansion.child import (
    ExpansionFailed,
    StartChild,
    start_child,
)
from linktime_availability.calendars.port import CalendarError, CalendarObject
from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import RECENT_FOR
from linktime_availability.domain.event_type import Offer
from linktime_availability.domain.wall_time import Span
from linktime_availability.store import calendar_leases, calendar_objects
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_common import logs
from linktime_common.sealing import SealBroken

BUDGET_SECONDS = 1.0
AT_ONCE = 4
"""How many calendars a process asks at once: each can need a child process of 512 MiB."""
AROUND = timedelta(days=1)
"""Servers read dates and floating times in zones of their own."""


class LimitedRecheck:
    """Asks the calendars of all hosts, a few at once, and those of one booking within `seconds`.

    A calendar whose turn does not come in time counts as one that does not answer.
    """

    def __init__(self, seconds: float = BUDGET_SECONDS, *, start: StartChild = start_child) -> None:
        self._seconds = seconds
        self._start = start
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, offer: Offer, span: Span, deps: Deps) -> bool:
        """Return whether a calendar that was not read recently is busy in the span."""
        async with deps.database.connection() as connection:
            old = await calendar_leases.list_old(
                connection, offer.host.id, before=deps.clock.now() - RECENT_FOR
            )
        tasks = {asyncio.create_task(self._in_turn(one, span, deps)): one for one in old}
        if not tasks:
            return False
        try:
            done, pending = await asyncio.wait(tasks, timeout=self._seconds)
        finally:
            for task in tasks:
                task.cancel()
        metrics.RECHECKS.labels("timeout").inc(len(pending))
        await asyncio.gather(*pending, return_exceptions=True)
        if pending:
            await _read_soon(offer, [tasks[one] for one in pending], deps)
        return any(task.result() for task in done)

    async def _in_turn(self, calendar: LeasedCalendar, span: Span, deps: Deps) -> bool:
        # Kept until the child has ended, also after the time is over.
        async with self._turns:
            return await _is_busy(calendar, span, deps, self._start)


async def _read_soon(offer: Offer, silent: Sequence[LeasedCalendar], deps: Deps) -> None:
    """Let a worker, which has more time, read the calendars that did not answer.

    One that was read is not asked for a minute, so this brings no reading forward more often.
    """
    async with deps.database.connection() as connection:
        await calendar_leases.sync_well_read_soon(
            connection,
            host_id=offer.host.id,
            calendar_ids=[one.calendar_id for one in silent],
        )


async def _is_busy(calendar: LeasedCalendar, span: Span, deps: Deps, start: StartChild) -> bool:
    """Return whether the calendar is busy; False if it cannot be asked."""
    try:
        is_busy = await _ask(calendar, span, deps, start)
    except (CalendarError, SealBroken, ExpansionFailed) as error:
        metrics.RECHECKS.labels("failed").inc()
        logs.logger().info("calendar was not asked", calendar=calendar.calendar_id, error=error)
        if isinstance(error, CalendarError):
            await failing.obey(calendar, error, deps)
        return False
    metrics.RECHECKS.labels("busy" if is_busy else "free").inc()
    return is_busy


async def _ask(calendar: LeasedCalendar, span: Span, deps: Deps, start: StartChild) -> bool:
    since, until = (datetime.fromtimestamp(one, UTC) for one in span)
    credentials = open_credentials(calendar.account, deps.sealer)
    adapter = open_adapter(calendar.account.kind, credentials, deps.guarded)
    found = await adapter.query(calendar.ref, since - AROUND, until + AROUND)
    changed = await _changed(calendar, found, until, deps)
    rules = expanding.rules_of(calendar)
    expanded = await expanding.expand_objects(
        {one.ref: one for one in changed},
        rules,
        since,
        until,
        host_id=calendar.host_id,
        database=deps.database,
        start=start,
    )
    if not expanding.spans_of(expanded):
        return False
    async with deps.database.connection() as connection:
        await calendar_leases.sync_soon(
            connection, host_id=calendar.host_id, calendar_id=calendar.calendar_id
        )
    return True


async def _changed(
    calendar: LeasedCalendar, found: Sequence[CalendarObject], until: datetime, deps: Deps
) -> list[CalendarObject]:
    """Return the objects that differ from the stored ones, whose busy time is known; all of them
    if it is not known until the end of the span."""
    if calendar.expanded_until is None or until > calendar.expanded_until:
        return list(found)
    async with deps.database.connection() as connection:
        stored = await calendar_objects.versions(
            connection, host_id=calendar.host_id, calendar_id=calendar.calendar_id
        )
    return [one for one in found if not one.version or stored.get(one.ref) != one.version]
