"""The `calendar_feeds` table, and the bookings that a feed shows."""

from datetime import datetime
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.calendar_feeds import MOST_BOOKINGS, PAST, OpenedFeed
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.postgres import Connection

# Two at once: the second waits for the first and replaces its token.
REPLACE = """
    INSERT INTO calendar_feeds (host_id, token_hash, created_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (host_id) DO UPDATE
       SET token_hash = excluded.token_hash, created_at = excluded.created_at
"""

CREATED_AT = "SELECT created_at FROM calendar_feeds WHERE host_id = $1"

REMOVE = "DELETE FROM calendar_feeds WHERE host_id = $1"

# Of more than $4 bookings those that begin next, then those that began last. Both parts are read
# from bookings_by_status_and_start.
_SHOWN = """
    SELECT shown.id, shown.version
      FROM ((SELECT id, version, starts_at
               FROM bookings
              WHERE host_id = {host}
                AND status = 'CONFIRMED'
                AND starts_at >= $2
              ORDER BY starts_at, id DESC
              LIMIT $4)
             UNION ALL
            (SELECT id, version, starts_at
               FROM bookings
              WHERE host_id = {host}
                AND status = 'CONFIRMED'
                AND starts_at < $2
                AND starts_at >= $3
              ORDER BY starts_at DESC, id
              LIMIT $4)) AS shown
     ORDER BY starts_at < $2, greatest(starts_at - $2, $2 - starts_at), id
     LIMIT $4
"""

OPEN = f"""
    SELECT feed.host_id, found.ids, found.versions
      FROM calendar_feeds feed
     CROSS JOIN LATERAL (
           SELECT array_agg(id) AS ids, array_agg(version) AS versions
             FROM ({_SHOWN.format(host="feed.host_id")}) AS listed
           ) found
     WHERE feed.token_hash = $1
"""  # noqa: S608 - the parts are constants

READ = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE host_id = $1
       AND id IN (SELECT id FROM ({_SHOWN.format(host="$1")}) AS listed)
     ORDER BY starts_at, id
"""  # noqa: S608 - the parts are constants


async def replace(
    connection: Connection, *, host_id: UUID, token_hash: bytes, now: datetime
) -> None:
    """Store the host's address; an earlier one ends."""
    await connection.execute(REPLACE, host_id, token_hash, now)


async def created_at(connection: Connection, host_id: UUID) -> datetime | None:
    """Return when the host's address was made, or None if there is none."""
    found: datetime | None = await connection.fetchval(CREATED_AT, host_id)
    return found


async def remove(connection: Connection, host_id: UUID) -> bool:
    """End the host's address; False if there is none."""
    return await connection.execute(REMOVE, host_id) != "DELETE 0"


async def open_by(connection: Connection, token_hash: bytes, now: datetime) -> OpenedFeed | None:
    """Return the feed of an address, or None."""
    row = await connection.fetchrow(OPEN, token_hash, now, now - PAST, MOST_BOOKINGS)
    if row is None:
        return None
    versions = zip(row["ids"] or (), row["versions"] or (), strict=True)
    return OpenedFeed(row["host_id"], list(versions))


async def shown(connection: Connection, host_id: UUID, now: datetime) -> list[Booking]:
    """Return the bookings that the host's feed shows, by start."""
    found = await connection.fetch(READ, host_id, now, now - PAST, MOST_BOOKINGS)
    return [booking_of(row) for row in found]
