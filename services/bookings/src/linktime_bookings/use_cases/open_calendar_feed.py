"""Open the secret address of a host's bookings."""

from datetime import datetime

from linktime_bookings.deps import Deps
from linktime_bookings.domain.calendar_feeds import OpenedFeed, hash_of
from linktime_bookings.domain.errors import CalendarFeedNotFound
from linktime_bookings.store import calendar_feeds
from linktime_common.contracts.events.scim import UserState


async def open_calendar_feed(token: str, now: datetime, deps: Deps) -> tuple[OpenedFeed, UserState]:
    """Return the feed and its host.

    Raises CalendarFeedNotFound, also for a host who is not active, and Unavailable.
    """
    async with deps.database.connection() as connection:
        opened = await calendar_feeds.open_by(connection, hash_of(token), now)
    if opened is None:
        raise CalendarFeedNotFound
    host = await deps.directory.user(opened.host_id)
    if host is None or not host.active:
        raise CalendarFeedNotFound(host_id=opened.host_id)
    return opened, host
