"""Writes the events of bookings that are due into hosts' calendars."""

import asyncio
from collections.abc import Sequence

from linktime_availability.calendars import metrics
from linktime_availability.calendars.accounts import open_adapter, open_credentials
from linktime_availability.calendars.event_text import new_event
from linktime_availability.calendars.failing import refuse_account
from linktime_availability.calendars.in_flight import work_through
from linktime_availability.calendars.port import (
    CalendarError,
    ErrorKind,
    EventVersion,
    RateLimited,
    Transient,
)
from linktime_availability.calendars.presets import mails_attendees
from linktime_availability.calendars.putting import TargetEvent, put, remove
from linktime_availability.deps import Deps
from linktime_availability.domain.event_links import WantedEvent
from linktime_availability.domain.sync_schedule import before_next_write
from linktime_availability.store import (
    calendar_accounts,
    calendar_event_links,
    event_link_leases,
)
from linktime_availability.store.event_link_leases import LeasedLink
from linktime_common import faults, logs, tracing
from linktime_common.contracts.events.bookings import BookingState
from linktime_common.event_uids import event_uid
from linktime_common.failure_logs import log_failure
from linktime_common.sealing import SealBroken
from linktime_common.tracing import SpanKind

WRITE_SECONDS = 130.0
"""Of one event: at most four calls of the adapter, each of 30 s."""
LEASE_SECONDS = 300.0
"""Longer than a write, so that no two workers write the same event at once."""
AT_ONCE = 8
MOST_OF_A_HOST = 2
"""At once, so that one slow server leaves room for other hosts."""

FINAL = frozenset({ErrorKind.GONE, ErrorKind.INVALID})


async def write_due(deps: Deps) -> int:
    """Write events until none is due; return how many were written or tried."""

    async def lease(limit: int) -> Sequence[LeasedLink]:
        async with deps.database.transaction() as connection:
            leased = await event_link_leases.lease(
                connection, limit=limit, most_of_a_host=MOST_OF_A_HOST, seconds=LEASE_SECONDS
            )
        if leased:
            faults.reach("write.leased")
        return leased

    async def write(leased: LeasedLink) -> None:
        await _write(leased, deps)

    async def give_back(unwritten: Sequence[LeasedLink]) -> None:
        async with deps.database.connection() as connection:
            for one in unwritten:
                await event_link_leases.end_soon(connection, one, after=before_next_write(1))

    return await work_through(lease, write, give_back, at_once=AT_ONCE)


async def delete_old_links(deps: Deps) -> None:
    """Give up on events of meetings that are over, and delete links of old ones."""
    async with deps.database.transaction() as connection:
        await calendar_event_links.delete_old(connection)


async def _write(leased: LeasedLink, deps: Deps) -> None:
    """Write one event, as a step of its trace; a failure of one does not stop the others."""
    about = {"linktime.booking_id": str(leased.booking_id)}
    with tracing.continuing(
        leased.traceparent, "write calendar event", SpanKind.CLIENT, about
    ) as step:
        step.set("linktime.attempt", leased.failures + 1)
        error = await _try(leased, deps)
        metrics.WRITES.labels("ok" if error is None else error.kind).inc()
        if error is None:
            faults.reach("write.settled")
        else:
            step.fail(error.kind)
            await _settle_failure(leased, error, deps)


async def _try(leased: LeasedLink, deps: Deps) -> CalendarError | None:
    """Write one event and store that it is written; return why it is not."""
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            written = await _ask(leased, deps)
        faults.reach("write.answered")
        await _settle(leased, written, deps)
    except TimeoutError:
        return Transient("Writing the event took too long")
    except SealBroken:
        logs.logger().exception("credentials cannot be decrypted", calendar=leased.calendar_id)
        return Transient("The stored password cannot be decrypted. Tell your administrator")
    except CalendarError as failure:
        return failure
    except Exception as fault:
        log_failure("event could not be written", fault, calendar=leased.calendar_id)
        return Transient("LinkTime could not write the event and tries again later")
    return None


async def _ask(leased: LeasedLink, deps: Deps) -> EventVersion | None:
    """Let the server have the event, or not have it; raises CalendarError."""
    credentials = open_credentials(leased.account, deps.sealer)
    known = None
    if leased.ref is not None:
        known = EventVersion(leased.ref, leased.server_version or "")
    uid = event_uid(leased.booking_id, deps.uid_domain)
    target = TargetEvent(
        open_adapter(leased.account.kind, credentials, deps.guarded),
        leased.calendar_ref,
        uid,
        known,
    )
    if leased.wanted is WantedEvent.ABSENT:
        await remove(target)
        return None
    event = new_event(
        BookingState.model_validate(leased.event),
        uid,
        deps.clock.now(),
        names_attendee=not mails_attendees(leased.account.preset),
    )
    return await put(target, event)


async def _settle(leased: LeasedLink, written: EventVersion | None, deps: Deps) -> None:
    async with deps.database.connection() as connection:
        await event_link_leases.settle(
            connection,
            leased,
            ref=written.ref if written else None,
            server_version=written.version if written else None,
        )


async def _settle_failure(leased: LeasedLink, error: CalendarError, deps: Deps) -> None:
    """Store the error and when to try again; a refused password stops the account."""
    retry_after = error.retry_after_seconds if isinstance(error, RateLimited) else None
    wait = before_next_write(leased.failures + 1, retry_after_seconds=retry_after)
    logs.logger().info("event was not written", calendar=leased.calendar_id, kind=error.kind)
    is_refused = error.kind is ErrorKind.AUTH
    async with deps.database.transaction() as connection:
        if is_refused:
            await calendar_accounts.lock(
                connection, host_id=leased.host_id, account_id=leased.account.id
            )
        is_ours = await event_link_leases.settle_failure(
            connection, leased, wait=wait, error=str(error), is_final=error.kind in FINAL
        )
        if is_ours and is_refused:
            await refuse_account(connection, leased.account, error, deps)
