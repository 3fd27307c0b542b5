"""End the secret address of a host's bookings."""

from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.store import calendar_feeds
from linktime_common.idempotency import WriteAttempt


async def revoke_calendar_feed(host_id: UUID, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Revoke the address; without one nothing happens."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        await calendar_feeds.remove(connection, host_id)
