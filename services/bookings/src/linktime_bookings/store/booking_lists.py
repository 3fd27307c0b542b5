"""Lists of the `bookings` table.

A page is selected in a covering index, then its rows are read. The total of an unbounded list
comes from `booking_counts`; with bounds on the start, index entries are counted.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

# Returns at least one row, so that a page past the end has its total.
PAGE = f"""
    SELECT total.bookings AS total, {COLUMNS}
      FROM (SELECT CASE
                   WHEN $2::timestamptz IS NULL AND $3::timestamptz IS NULL
                   THEN (SELECT coalesce(sum(bookings), 0)
                           FROM booking_counts
                          WHERE host_id = $1)
                   ELSE (SELECT count(*)
                           FROM bookings
                          WHERE host_id = $1
                            AND starts_at >= coalesce($2, '-infinity')
                            AND starts_at < coalesce($3, 'infinity'))
                   END::bigint AS bookings) AS total
      LEFT JOIN (SELECT {COLUMNS}
                   FROM bookings
                  WHERE host_id = $1
                    AND id IN (SELECT id
                                 FROM bookings
                                WHERE host_id = $1
                                  AND starts_at >= coalesce($2, '-infinity')
                                  AND starts_at < coalesce($3, 'infinity')
                                ORDER BY starts_at DESC, id
                                LIMIT $4 OFFSET $5)) AS page ON true
     ORDER BY starts_at DESC, id
"""  # noqa: S608 - the columns are a constant

PAGE_OF_STATUS = f"""
    SELECT total.bookings AS total, {COLUMNS}
      FROM (SELECT CASE
                   WHEN $2::timestamptz IS NULL AND $3::timestamptz IS NULL
                   THEN (SELECT coalesce(sum(bookings), 0)
                           FROM booking_counts
                          WHERE host_id = $1 AND status = $6)
                   ELSE (SELECT count(*)
                           FROM bookings
                          WHERE host_id = $1
                            AND status = $6
                            AND starts_at >= coalesce($2, '-infinity')
                            AND starts_at < coalesce($3, 'infinity'))
                   END::bigint AS bookings) AS total
      LEFT JOIN (SELECT {COLUMNS}
                   FROM bookings
                  WHERE host_id = $1
                    AND id IN (SELECT id
                                 FROM bookings
                                WHERE host_id = $1
                                  AND status = $6
                                  AND starts_at >= coalesce($2, '-infinity')
                                  AND starts_at < coalesce($3, 'infinity')
                                ORDER BY starts_at DESC, id
                                LIMIT $4 OFFSET $5)) AS page ON true
     ORDER BY starts_at DESC, id
"""  # noqa: S608 - the columns are a constant

# Of all hosts, for consumers that rebuild their projection.
AFTER = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE $1::uuid IS NULL OR id > $1
     ORDER BY id
     LIMIT $2
"""  # noqa: S608 - the columns are a constant


class ListedBookings(NamedTuple):
    """A page of a list, and the total length of the list."""

    bookings: list[Booking]
    total: int


async def page(
    connection: Connection,
    *,
    host_id: UUID,
    status: BookingStatus | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> ListedBookings:
    """Return the host's bookings that start in [since, until), newest start first, then by id."""
    values = (host_id, since, until, limit, offset)
    if status is None:
        rows = await connection.fetch(PAGE, *values)
    else:
        rows = await connection.fetch(PAGE_OF_STATUS, *values, status)
    return ListedBookings(
        [booking_of(row) for row in rows if row["id"] is not None], rows[0]["total"]
    )


async def after(connection: Connection, *, booking_id: UUID | None, limit: int) -> list[Booking]:
    """Return up to `limit` bookings of all hosts after `booking_id`, by id."""
    return [booking_of(row) for row in await connection.fetch(AFTER, booking_id, limit)]
