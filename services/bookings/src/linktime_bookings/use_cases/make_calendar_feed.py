"""Make the secret address of a host's bookings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.calendar_feeds import hash_of, new_token
from linktime_bookings.store import calendar_feeds
from linktime_common.idempotency import WriteAttempt


@dataclass(frozen=True)
class NewFeed:
    """`token` is None for a repeat, as it is not stored."""

    token: str | None
    created_at: datetime


async def make_calendar_feed(host_id: UUID, deps: Deps, attempt: WriteAttempt[NewFeed]) -> NewFeed:
    """Return the new token; an earlier address of the host ends."""
    token, now = new_token(), deps.clock.now()
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, NewFeed(None, now))
        await calendar_feeds.replace(
            connection, host_id=host_id, token_hash=hash_of(token), now=now
        )
    return NewFeed(token, now)
