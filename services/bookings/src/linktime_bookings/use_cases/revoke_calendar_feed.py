"""End the secret address of a host's bookings."""

from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.store import calendar_feeds
from linktime_common.idempotency import WriteAttempt


async def revoke_calendar_feed(host_id: UUID, deps: Deps, attempt: WriteAttempt[bool]) -> bool:
    """Revoke the address; False if there is none."""
    async with deps.database.transaction() as connection:
        was_there = await calendar_feeds.remove(connection, host_id)
        await attempt.keep(connection, was_there)
    return was_there
