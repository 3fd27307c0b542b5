"""Leases of calendars that are to be read, and how each reading ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import MOST_CALENDARS_READ, CalendarAccount
from linktime_availability.store import calendar_accounts
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

LEASED = Columns(
    *("name", "ref", "sync_state", "failures", "synced_at", "leased_until"),
    *("expanded_until", "expanded_zone", "expanded_address", "compared_at"),
)

ENDED = Columns("leased_until", "last_error", "disconnected_at")

# At most $3 of a host are leased. Of those that are due first, a few more than needed are looked
# at: the calendars of one host may be due one after the other.
LEASE = f"""
    WITH leased_of_host AS (
        SELECT host_id, count(*) AS number
          FROM calendars
         WHERE leased_until >= now()
         GROUP BY host_id
    ),
    candidate AS (
        SELECT c.id, c.host_id, c.next_sync_at, coalesce(o.number, 0) AS number
          FROM calendars c
          JOIN calendar_accounts a ON a.id = c.account_id AND a.state = 'CONNECTED'
          JOIN hosts h ON h.id = c.host_id AND h.active
          LEFT JOIN leased_of_host o ON o.host_id = c.host_id
         WHERE c.reads
           AND c.next_sync_at <= now()
           AND (c.leased_until IS NULL OR c.leased_until < now())
           AND coalesce(o.number, 0) < $3
         ORDER BY c.next_sync_at
         LIMIT $1 * {MOST_CALENDARS_READ}
    ),
    ranked AS (
        SELECT id, number + row_number() OVER (PARTITION BY host_id ORDER BY next_sync_at) AS place
          FROM candidate
    ),
    due AS (
        SELECT c.id
          FROM calendars c
          JOIN ranked r ON r.id = c.id AND r.place <= $3
         WHERE c.leased_until IS NULL OR c.leased_until < now()
         ORDER BY c.next_sync_at
         LIMIT $1
           FOR UPDATE OF c SKIP LOCKED
    ),
    leased AS (
        UPDATE calendars c
           SET leased_until = now() + $2::interval
          FROM due
         WHERE c.id = due.id
        RETURNING c.*
    )
    SELECT c.id AS calendar_id, {LEASED.qualified("c")},
           {calendar_accounts.COLUMNS.qualified("a")},
           h.email AS host_email, h.timezone AS host_timezone,
           -- Bookings of archived ones can be moved.
           (SELECT max(t.max_days_in_advance) FROM event_types t
             WHERE t.host_id = c.host_id) AS longest_days
      FROM leased c
      JOIN calendar_accounts a ON a.id = c.account_id AND a.host_id = c.host_id
      JOIN hosts h ON h.id = c.host_id
"""  # noqa: S608 - the columns are a constant

# Bookings whose events are to be written to the calendar may be stored meanwhile.
HOLD = """
    SELECT id
      FROM calendars
     WHERE host_id = $1
       AND id = $2
       AND leased_until = $3
       FOR NO KEY UPDATE
"""

# The calendar is due at once, unless another worker has it now.
GIVE_BACK = """
    UPDATE calendars
       SET leased_until = NULL
     WHERE host_id = $1
       AND id = $2
       AND leased_until = $3
"""

SUCCEEDED = f"""
    UPDATE calendars
       SET {ENDED.assignments_of("NULL")},
           synced_at = now(), next_sync_at = now() + $3::interval, failures = 0,
           sync_state = $4, compared_at = CASE WHEN $5 THEN now() ELSE compared_at END
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

EXPANDED = """
    UPDATE calendars
       SET expanded_until = $3, expanded_zone = $4, expanded_address = $5
     WHERE host_id = $1
       AND id = $2
"""

FAILED = """
    UPDATE calendars
       SET next_sync_at = now() + $3::interval, leased_until = NULL,
           failures = failures + 1, last_error = $4, limited_until = now() + $5::interval
     WHERE host_id = $1
       AND id = $2
"""

# True once for each disconnection. Time in which LinkTime did not try to read does not count.
LOST = """
    UPDATE calendars
       SET disconnected_at = now()
     WHERE host_id = $1
       AND id = $2
       AND disconnected_at IS NULL
       AND greatest(synced_at, reads_since,
                    (SELECT active_since FROM hosts h WHERE h.id = calendars.host_id))
           < now() - $3::interval
"""

LIMITED = """
    UPDATE calendars
       SET limited_until = now() + $3::interval,
           next_sync_at = greatest(next_sync_at, now() + $3::interval)
     WHERE host_id = $1
       AND id = $2
"""

# The calendars of an active host that were not read since $2, and whose servers may be asked.
LIST_OLD = f"""
    SELECT c.id AS calendar_id, {LEASED.qualified("c")},
           {calendar_accounts.COLUMNS.qualified("a")},
           h.email AS host_email, h.timezone AS host_timezone, NULL::int AS longest_days
      FROM calendars c
      JOIN calendar_accounts a ON a.id = c.account_id AND a.host_id = c.host_id
      JOIN hosts h ON h.id = c.host_id AND h.active
     WHERE c.host_id = $1
       AND c.reads
       AND a.state = 'CONNECTED'
       AND (c.synced_at IS NULL OR c.synced_at < $2)
       AND (c.limited_until IS NULL OR c.limited_until <= now())
"""  # noqa: S608 - the columns are a constant

SYNC_SOON = "UPDATE calendars SET next_sync_at = now() WHERE host_id = $1 AND id = $2"

# Not while readings fail: they are tried again later each time.
SYNC_WELL_READ_SOON = """
    UPDATE calendars
       SET next_sync_at = now()
     WHERE id IN (SELECT id
                    FROM calendars
                   WHERE host_id = $1
                     AND id = ANY ($2)
                     AND failures = 0
                     AND next_sync_at > now()
                     AND (leased_until IS NULL OR leased_until < now())
                     FOR NO KEY UPDATE SKIP LOCKED)
"""

FIGURES = """
    SELECT coalesce(extract(epoch FROM now() - min(coalesce(c.synced_at, c.reads_since))), 0)
               ::float8 AS oldest_seconds,
           coalesce(sum(c.refused_count), 0)::bigint AS refused
      FROM calendars c
      JOIN calendar_accounts a ON a.id = c.account_id AND a.state = 'CONNECTED'
      JOIN hosts h ON h.id = c.host_id AND h.active
     WHERE c.reads
"""


@dataclass(frozen=True, kw_only=True)
class LeasedCalendar:
    """A calendar that this worker reads until `leased_until`, with what that needs to know."""

    calendar_id: UUID
    account: CalendarAccount
    name: str
    ref: str
    sync_state: str | None
    failures: int
    synced_at: datetime | None
    leased_until: datetime | None
    expanded_until: datetime | None
    expanded_zone: str | None
    expanded_address: str | None
    compared_at: datetime | None
    host_email: str
    host_timezone: str
    longest_days: int | None

    @property
    def host_id(self) -> UUID:
        return self.account.host_id


async def lease(
    connection: Connection, *, limit: int, most_of_a_host: int, seconds: float
) -> list[LeasedCalendar]:
    """Lease calendars that are due; another worker gets them once the lease has ended."""
    rows = await connection.fetch(LEASE, limit, timedelta(seconds=seconds), most_of_a_host)
    return [_read(row) for row in rows]


def _read(row: Any) -> LeasedCalendar:
    return LeasedCalendar(
        **LEASED.fields(row),
        calendar_id=row["calendar_id"],
        account=calendar_accounts.read(row),
        host_email=row["host_email"],
        host_timezone=row["host_timezone"],
        longest_days=row["longest_days"],
    )


async def hold(connection: Connection, leased: LeasedCalendar) -> bool:
    """Lock the calendar; False if the lease was given to another worker, or the calendar deleted.

    The calendar stays this worker's until the transaction ends.
    """
    found = await connection.fetchval(HOLD, leased.host_id, leased.calendar_id, leased.leased_until)
    return found is not None


async def give_back(connection: Connection, leased: LeasedCalendar) -> None:
    """Let another worker read the calendar at once."""
    await connection.execute(GIVE_BACK, leased.host_id, leased.calendar_id, leased.leased_until)


async def settle_success(
    connection: Connection,
    leased: LeasedCalendar,
    *,
    wait: timedelta,
    state: str,
    was_compared: bool,
) -> None:
    """Store that the calendar was read, and when to read it next."""
    await connection.execute(
        SUCCEEDED,
        leased.host_id,
        leased.calendar_id,
        wait,
        state,
        was_compared,
    )


async def set_expanded(
    connection: Connection, leased: LeasedCalendar, *, until: datetime, zone: str, address: str
) -> None:
    """Store what the busy intervals of all objects were computed for."""
    await connection.execute(EXPANDED, leased.host_id, leased.calendar_id, until, zone, address)


async def settle_failure(
    connection: Connection,
    leased: LeasedCalendar,
    *,
    wait: timedelta,
    error: str,
    is_limited: bool,
) -> None:
    """Store why the calendar was not read; what is known of it stays.

    `is_limited` if its server wants no request for that long, not even before a booking.
    """
    limit = wait if is_limited else None
    await connection.execute(FAILED, leased.host_id, leased.calendar_id, wait, error, limit)


async def set_limited(connection: Connection, calendar: LeasedCalendar, wait: timedelta) -> None:
    """Send no request to the server of the calendar for that long."""
    await connection.execute(LIMITED, calendar.host_id, calendar.calendar_id, wait)


async def note_loss(connection: Connection, leased: LeasedCalendar, *, after: timedelta) -> bool:
    """Return whether the calendar has now not been read for that long; True once."""
    status = await connection.execute(LOST, leased.host_id, leased.calendar_id, after)
    return status != "UPDATE 0"


async def find_figures(connection: Connection) -> tuple[float, int]:
    """Return the age of the oldest reading in seconds, and how many series are refused."""
    row: Any = await connection.fetchrow(FIGURES)
    return row["oldest_seconds"], row["refused"]


async def list_old(
    connection: Connection, host_id: UUID, *, before: datetime
) -> list[LeasedCalendar]:
    """Return the host's calendars that were last read before `before`, without a lease.

    Without those whose servers want no requests now.
    """
    return [_read(row) for row in await connection.fetch(LIST_OLD, host_id, before)]


async def sync_soon(connection: Connection, *, host_id: UUID, calendar_id: UUID) -> None:
    """Let a worker read the calendar next."""
    await connection.execute(SYNC_SOON, host_id, calendar_id)


async def sync_well_read_soon(
    connection: Connection, *, host_id: UUID, calendar_ids: Collection[UUID]
) -> None:
    """Let a worker read those calendars next whose last reading succeeded; nothing has to wait."""
    await connection.execute(SYNC_WELL_READ_SOON, host_id, list(calendar_ids))
