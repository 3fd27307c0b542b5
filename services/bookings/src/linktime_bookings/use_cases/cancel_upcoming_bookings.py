"""Cancel the upcoming bookings of hosts who have left their organization."""

from datetime import timedelta

from linktime_bookings.deps import Deps
from linktime_bookings.domain.events import EventContext
from linktime_bookings.store import deprovisionings
from linktime_bookings.store.deprovisionings import Deprovisioning
from linktime_bookings.use_cases.cancel_booking import write_cancellation
from linktime_bookings.use_cases.event_context import link_of
from linktime_common.faults import reach

REASON = "The host has left the organization"
MOST_AT_ONCE = 100
# A booking created before its host left may be committed later, but not later than this.
SETTLES_AFTER = timedelta(minutes=2)


async def cancel_upcoming_bookings(deps: Deps) -> None:
    """Cancel bookings in one transaction each, so that an interrupted run can be continued.

    Any number of processes may run it concurrently. Raises Unavailable when the database is
    unavailable.
    """
    async with deps.database.connection() as connection:
        jobs = await deprovisionings.waiting(connection, limit=MOST_AT_ONCE)
    for job in jobs:
        while await cancel_next(job, deps, reason=REASON):
            pass
        now = deps.clock.now()
        async with deps.database.connection() as connection:
            await deprovisionings.finish(
                connection, job, now=now, settled_before=now - SETTLES_AFTER
            )


async def cancel_next(job: Deprovisioning, deps: Deps, *, reason: str) -> bool:
    """Cancel the next booking; return False when none is left."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        booking = await deprovisionings.lock_next(connection, job, now=now)
        if booking is None:
            return False
        cancelled = booking.cancel(reason=reason, now=now)
        # Without the contact: no other service is called while the row is locked.
        context = EventContext(link_of(cancelled, deps), contact_id=None)
        await write_cancellation(connection, cancelled, context, by="system")
        reach("deprovision.committing")
    reach("deprovision.committed")
    await deps.availability.free(cancelled.reservation_id)
    return True
