"""Delete all rows of a host who was deleted; coming bookings are cancelled first."""

from datetime import timedelta
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.store import host_deletion
from linktime_bookings.store.deprovisionings import Deprovisioning
from linktime_bookings.use_cases.cancel_upcoming_bookings import cancel_next

REASON = "The host's account was deleted"
CLOCKS_APART = timedelta(minutes=5)
"""A booking may have been made by a process whose clock is ahead."""
MAILS_WAIT = timedelta(days=1)
"""How long the rows wait for a mail server that does not accept the mails."""


async def delete_host(deps: Deps, host_id: UUID) -> bool:
    """Return False while mails about cancellations are to be sent: they need the bookings."""
    database, now = deps.database, deps.clock.now()
    everything = Deprovisioning(
        membership_id=host_id, host_id=host_id, created_before=now + CLOCKS_APART
    )
    while await cancel_next(everything, deps, reason=REASON):
        pass
    if deps.mail_server is not None:
        async with database.connection() as connection:
            if await host_deletion.has_mails_to_send(connection, host_id, within=MAILS_WAIT):
                return False
    is_done = await host_deletion.delete_bookings(database, host_id, now=now)
    await host_deletion.delete_others(database, host_id)
    return is_done
