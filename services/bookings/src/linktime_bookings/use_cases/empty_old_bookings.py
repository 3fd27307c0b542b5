"""Remove invitees from old bookings."""

from linktime_bookings.deps import Deps
from linktime_bookings.store import invitee_retention

MOST_AT_ONCE = 500


async def empty_old_bookings(deps: Deps) -> None:
    """Do nothing without a retention. Any number of processes may run it concurrently."""
    if deps.invitee_retention is None:
        return
    emptied = MOST_AT_ONCE
    while emptied == MOST_AT_ONCE:
        async with deps.database.connection() as connection:
            emptied = await invitee_retention.empty(
                connection, older_than=deps.invitee_retention, limit=MOST_AT_ONCE
            )
