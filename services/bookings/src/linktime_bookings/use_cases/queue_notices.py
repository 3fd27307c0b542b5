"""Turn notices that were stored before there was mail into mails."""

from linktime_bookings.deps import Deps
from linktime_bookings.store import emails, notices

MOST_AT_ONCE = 100


async def queue_notices(deps: Deps) -> None:
    """Any number of processes may run it concurrently."""
    while True:
        async with deps.database.transaction() as connection:
            stored = await notices.take(connection, limit=MOST_AT_ONCE)
            await emails.add(connection, stored)
        if len(stored) < MOST_AT_ONCE:
            return
