"""Lists of the `bookings` table.

A page is selected in a covering index, then its rows are read. The total of a list without bounds
and filters other than the status comes from `booking_counts`; otherwise index entries are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.keyset import Order, Position, order_by, rows_after
from linktime_common.postgres import Connection

_KEY = "starts_at"


def _page(conditions: str, position: str, order: Order) -> str:
    """Return the statement for a list whose total is in `booking_counts`."""
    total = f"""
        SELECT CASE
               WHEN $2::timestamptz IS NULL AND $3::timestamptz IS NULL
               THEN (SELECT coalesce(sum(bookings), 0)
                       FROM booking_counts
                      WHERE host_id = $1 {conditions})
               ELSE (SELECT count(*)
                       FROM bookings
                      WHERE host_id = $1 {conditions}
                        AND starts_at >= coalesce($2, '-infinity')
                        AND starts_at < coalesce($3, 'infinity'))
               END::bigint AS bookings
    """  # noqa: S608 - of constants
    selected = f"""
        SELECT id
          FROM bookings
         WHERE host_id = $1 {conditions}
           AND starts_at >= coalesce($2::timestamptz, '-infinity')
           AND starts_at < coalesce($3::timestamptz, 'infinity') {position}
         ORDER BY {order_by(_KEY, order)}
         LIMIT $4 OFFSET $5
    """  # noqa: S608 - of constants
    return _rows(total, f"IN ({selected})", order)


def _page_of_matching(conditions: str, position: str, order: Order) -> str:
    """Return the statement for a list with filters.

    Materialized: for a LIMIT the planner would walk through all bookings in their order instead of
    reading those that match, and the total needs all of these anyway.
    """
    matching = f"""
        WITH matching AS MATERIALIZED (
            SELECT id, starts_at
              FROM bookings
             WHERE host_id = $1 {conditions}
        )
    """  # noqa: S608 - of constants
    selected = f"""
        SELECT id
          FROM matching
         WHERE true {position}
         ORDER BY {order_by(_KEY, order)}
         LIMIT $2 OFFSET $3
    """  # noqa: S608 - of constants
    total = "SELECT count(*) AS bookings FROM matching"
    # An array, because for IN a generic plan reads all bookings of the host.
    return matching + _rows(total, f"= ANY (ARRAY({selected}))", order)


def _rows(total: str, selected: str, order: Order) -> str:
    """Return the statement for the rows with selected ids, each with the total.

    It returns at least one row, so that a page past the end has its total.
    """
    return f"""
        SELECT total.bookings AS total, {COLUMNS}
          FROM ({total}) AS total
          LEFT JOIN (SELECT {COLUMNS}
                       FROM bookings
                      WHERE host_id = $1
                        AND id {selected}) AS page ON true
         ORDER BY {order_by(_KEY, order)}
    """  # noqa: S608 - of constants


# Of all hosts, for consumers that rebuild their projection.
AFTER = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE $1::uuid IS NULL OR id > $1
     ORDER BY id
     LIMIT $2
"""  # noqa: S608 - the columns are a constant

FIND_SOME = f"SELECT {COLUMNS} FROM bookings WHERE id = ANY ($1) ORDER BY id"  # noqa: S608 - the columns are a constant

# By field of BookingFilters. Bounds of the start that are not wanted are left out: a generic plan
# would prefer their index to that of a filter.
CONDITIONS = {
    "status": "status = ",
    "event_type_id": "event_type_id = ",
    "updated_since": "updated_at >= ",
    "invitee_emails": "email_key(invitee_email) = ANY ",
    "since": "starts_at >= ",
    "until": "starts_at < ",
}
# With these alone the total need not be counted in the rows that match.
_COUNTED = frozenset({"status", "since", "until"})


@dataclass(frozen=True, kw_only=True)
class BookingFilters:
    """Which bookings are listed; `invitee_emails` are lowercase keys, of which one must match."""

    status: BookingStatus | None = None
    event_type_id: UUID | None = None
    updated_since: datetime | None = None
    invitee_emails: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def given(self) -> dict[str, object]:
        """Return the filters that are wanted, in the order of CONDITIONS."""
        values = ((name, getattr(self, name)) for name in CONDITIONS)
        return {name: value for name, value in values if value is not None}


class ListedBookings(NamedTuple):
    """A page of a list, the total length of the list, and its last row if there are more."""

    bookings: list[Booking]
    total: int
    last: Position | None


@cache
def page_statement(*, has_status: bool, order: Order, is_continued: bool) -> str:
    """Return the statement for the host, both bounds, limit, offset, status and position."""
    position = f"AND {rows_after(_KEY, order, first=6 + has_status)}" if is_continued else ""
    return _page("AND status = $6" if has_status else "", position, order)


@cache
def matching_statement(names: tuple[str, ...], order: Order, *, is_continued: bool) -> str:
    """Return the statement for the host, limit, offset, the named filters and position."""
    numbered = enumerate(names, start=4)
    conditions = " ".join(f"AND {CONDITIONS[name]}(${number})" for number, name in numbered)
    position = f"AND {rows_after(_KEY, order, first=4 + len(names))}" if is_continued else ""
    return _page_of_matching(conditions, position, order)


async def page(
    connection: Connection,
    *,
    host_id: UUID,
    filters: BookingFilters,
    order: Order,
    limit: int,
    offset: int,
    after_position: Position | None,
) -> ListedBookings:
    """Return a page of the host's bookings by start and id, `offset` rows after the position."""
    given, is_continued = filters.given(), after_position is not None
    rows_wanted = limit + 1  # one more shows whether there is another page
    values: list[object]
    if given.keys() <= _COUNTED:
        has_status = filters.status is not None
        wanted = page_statement(has_status=has_status, order=order, is_continued=is_continued)
        status = [filters.status] if has_status else []
        values = [filters.since, filters.until, rows_wanted, offset, *status]
    else:
        wanted = matching_statement(tuple(given), order, is_continued=is_continued)
        values = [rows_wanted, offset, *given.values()]
    rows = await connection.fetch(wanted, host_id, *values, *(after_position or ()))
    bookings = [booking_of(row) for row in rows[:limit] if row["id"] is not None]
    has_more = len(rows) > limit
    last = Position(bookings[-1].starts_at, bookings[-1].id) if has_more else None
    return ListedBookings(bookings, rows[0]["total"], last)


async def after(connection: Connection, *, booking_id: UUID | None, limit: int) -> list[Booking]:
    """Return up to `limit` bookings of all hosts after `booking_id`, by id."""
    return [booking_of(row) for row in await connection.fetch(AFTER, booking_id, limit)]


async def find_some(connection: Connection, booking_ids: Sequence[UUID]) -> list[Booking]:
    """Return those of the bookings that exist, of all hosts."""
    return [booking_of(row) for row in await connection.fetch(FIND_SOME, list(booking_ids))]
