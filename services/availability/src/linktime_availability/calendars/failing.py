"""What a failed reading of a calendar leads to."""

from linktime_availability.calendars.port import CalendarError, ErrorKind, RateLimited
from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import STALE_FOR
from linktime_availability.domain.sync_schedule import after_failure
from linktime_availability.store import calendar_accounts, calendar_leases
from linktime_availability.store.calendar_leases import LeasedCalendar
from linktime_common import logs
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.availability import CalendarDisconnected, DisconnectionReason
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection


async def settle_failure(leased: LeasedCalendar, error: CalendarError, deps: Deps) -> None:
    """Store the error and when to try again, and publish a disconnection once."""
    retry_after = error.retry_after_seconds if isinstance(error, RateLimited) else None
    wait = after_failure(leased.account.kind, leased.failures + 1, retry_after_seconds=retry_after)
    logs.logger().info("calendar was not read", calendar=leased.calendar_id, kind=error.kind)
    async with deps.database.transaction() as connection:
        if not await calendar_leases.hold(connection, leased):
            return
        await calendar_leases.settle_failure(connection, leased, wait=wait, error=str(error))
        if error.kind is ErrorKind.AUTH:
            reason, subject = DisconnectionReason.CREDENTIALS, leased.account.server
            is_new = await calendar_accounts.set_refused(
                connection,
                host_id=leased.host_id,
                account_id=leased.account.id,
                error=str(error),
            )
        else:
            reason, subject = DisconnectionReason.UNREACHABLE, leased.name
            is_new = await calendar_leases.note_loss(connection, leased, after=STALE_FOR)
        if is_new:
            await _publish(connection, leased, reason, subject, deps)


async def _publish(
    connection: Connection,
    leased: LeasedCalendar,
    reason: DisconnectionReason,
    subject: str,
    deps: Deps,
) -> None:
    now = deps.clock.now()
    is_of_account = reason is DisconnectionReason.CREDENTIALS
    await outbox.add(
        connection,
        CalendarDisconnected(
            occurred_at=now,
            owner_id=leased.host_id,
            aggregate_id=leased.account.id if is_of_account else leased.calendar_id,
            aggregate_version=next_version(0, now),
            subject=subject,
            reason=reason,
        ),
    )
