"""What a failed reading of a calendar, or a refused password, leads to."""

from datetime import timedelta
from uuid import UUID

from linktime_availability.calendars.port import CalendarError, ErrorKind, RateLimited
from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import STALE_FOR, CalendarAccount, CalendarPolicy
from linktime_availability.domain.sync_schedule import after_failure
from linktime_availability.store import calendar_accounts, calendar_leases, calendars
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_common import logs
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.availability import CalendarDisconnected, DisconnectionReason
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection


async def settle_failure(leased: LeasedCalendar, error: CalendarError, deps: Deps) -> None:
    """Store the error and when to try again, and publish a disconnection once."""
    wait = _wait_after(error, leased)
    logs.logger().info("calendar was not read", calendar=leased.calendar_id, kind=error.kind)
    async with deps.database.transaction() as connection:
        if error.kind is ErrorKind.AUTH:
            await calendar_accounts.lock(
                connection, host_id=leased.host_id, account_id=leased.account.id
            )
        if not await calendar_leases.hold(connection, leased):
            return
        await calendar_leases.settle_failure(
            connection,
            leased,
            wait=wait,
            error=str(error),
            is_limited=error.kind is ErrorKind.RATE,
        )
        if error.kind is ErrorKind.AUTH:
            await refuse_account(connection, leased.account, error, deps)
        elif await calendar_leases.note_loss(connection, leased, after=STALE_FOR):
            stops = await _is_closed(connection, leased.host_id)
            await outbox.add(connection, _unreachable(leased, deps, stops_booking=stops))


async def obey(calendar: LeasedCalendar, error: CalendarError, deps: Deps) -> None:
    """Do what the server asks for that refuses a request before a booking.

    A refused password is not sent again, and a limit of requests is waited for. Other errors count
    for nothing: the readings have their own attempts.
    """
    if error.kind not in {ErrorKind.AUTH, ErrorKind.RATE}:
        return
    async with deps.database.transaction() as connection:
        if error.kind is ErrorKind.RATE:
            await calendar_leases.set_limited(connection, calendar, _wait_after(error, calendar))
            return
        await calendar_accounts.lock(
            connection, host_id=calendar.host_id, account_id=calendar.account.id
        )
        await refuse_account(connection, calendar.account, error, deps)


def _wait_after(error: CalendarError, calendar: LeasedCalendar) -> timedelta:
    retry_after = error.retry_after_seconds if isinstance(error, RateLimited) else None
    return after_failure(
        calendar.account.kind, calendar.failures + 1, retry_after_seconds=retry_after
    )


async def refuse_account(
    connection: Connection, account: CalendarAccount, error: CalendarError, deps: Deps
) -> None:
    """Send no more requests until the account is connected again; publish that once.

    The transaction has locked the account before anything else.
    """
    if not await calendar_accounts.set_refused(connection, account, str(error)):
        return
    await calendars.stop_reading(connection, host_id=account.host_id, account_id=account.id)
    # What is only written to has no busy time that could be unknown.
    is_read = await calendars.is_read(connection, host_id=account.host_id, account_id=account.id)
    stops = is_read and await _is_closed(connection, account.host_id)
    now = deps.clock.now()
    await outbox.add(
        connection,
        CalendarDisconnected(
            occurred_at=now,
            owner_id=account.host_id,
            aggregate_id=account.id,
            aggregate_version=next_version(0, now),
            subject=account.server,
            reason=DisconnectionReason.CREDENTIALS,
            stops_booking=stops,
        ),
    )


async def _is_closed(connection: Connection, host_id: UUID) -> bool:
    """Whether nothing can be booked with the host while a calendar is dead."""
    policy = await calendar_accounts.find_policy(connection, host_id)
    return policy is CalendarPolicy.FAIL_CLOSED


def _unreachable(
    leased: LeasedCalendar, deps: Deps, *, stops_booking: bool
) -> CalendarDisconnected:
    now = deps.clock.now()
    return CalendarDisconnected(
        occurred_at=now,
        owner_id=leased.host_id,
        aggregate_id=leased.calendar_id,
        aggregate_version=next_version(0, now),
        subject=leased.name,
        reason=DisconnectionReason.UNREACHABLE,
        stops_booking=stops_booking,
    )
