"""Disconnect an account, choose what a calendar is for, and the policy of a host."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import (
    MOST_CALENDARS_READ,
    CalendarPolicy,
    HostCalendar,
)
from linktime_availability.domain.errors import (
    CalendarAccountNotFound,
    CalendarNotFound,
    CalendarReadOnly,
    TooManyCalendars,
)
from linktime_availability.store import calendar_accounts, calendars, hosts
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt


async def disconnect(
    host_id: UUID, account_id: UUID, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Delete an account with everything read from it. Raises CalendarAccountNotFound."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if not await calendar_accounts.delete(connection, host_id=host_id, account_id=account_id):
            raise CalendarAccountNotFound


async def choose_calendar(
    host_id: UUID,
    calendar_id: UUID,
    deps: Deps,
    attempt: WriteAttempt[HostCalendar],
    *,
    reads: bool | None,
    writes: bool | None,
) -> HostCalendar:
    """Set whether a calendar is read, and whether bookings are written to it.

    Raises CalendarNotFound, CalendarReadOnly, TooManyCalendars.
    """
    async with deps.database.transaction() as connection:
        await hosts.lock(connection, host_id)
        calendar = await calendars.find(connection, host_id=host_id, calendar_id=calendar_id)
        if calendar is None:
            raise CalendarNotFound
        if writes and not calendar.is_writable:
            raise CalendarReadOnly
        count, _ = await calendars.count_read_and_written(connection, host_id)
        if reads and not calendar.reads and count >= MOST_CALENDARS_READ:
            raise TooManyCalendars
        await calendars.choose(
            connection,
            host_id=host_id,
            calendar_id=calendar_id,
            reads=calendar.reads if reads is None else reads,
            writes=calendar.writes if writes is None else writes,
        )
        chosen = await calendars.find(connection, host_id=host_id, calendar_id=calendar_id)
        if chosen is None:
            raise CalendarNotFound
        await attempt.keep(connection, chosen)
    return chosen


async def set_policy(
    host_id: UUID, policy: CalendarPolicy, deps: Deps, attempt: WriteAttempt[CalendarPolicy]
) -> CalendarPolicy:
    """Set what applies while a calendar cannot be read. Raises HostNotFound."""
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, policy)
        await calendar_accounts.set_policy(connection, host_id, policy)
    return policy
