"""Leases of links whose events are to be written, and how each write ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import CalendarAccount
from linktime_availability.domain.event_links import GIVE_UP_AFTER, WantedEvent
from linktime_availability.store import calendar_accounts
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

LEASED = Columns(
    *("booking_id", "calendar_id", "version", "sequence", "wanted", "event"),
    *("ref", "server_version", "leased_until", "failures", "traceparent"),
)

LOOKED_AT = 20
"""For each that is wanted: those of one host may be due one after the other."""

# At most $4 of a host are leased; a host with that many is not looked at.
LEASE = f"""
    WITH leased_of_host AS (
        SELECT host_id, count(*) AS number
          FROM calendar_event_links
         WHERE leased_until >= now()
         GROUP BY host_id
    ),
    candidate AS (
        SELECT l.booking_id, l.host_id, l.due_at, coalesce(o.number, 0) AS number
          FROM calendar_event_links l
          JOIN calendars c ON c.id = l.calendar_id
          JOIN calendar_accounts a ON a.id = c.account_id AND a.state = 'CONNECTED'
          JOIN hosts h ON h.id = l.host_id AND (h.active OR l.wanted = 'ABSENT')
          LEFT JOIN leased_of_host o ON o.host_id = l.host_id
         WHERE l.state = 'PENDING'
           AND l.due_at <= now()
           AND l.ends_at > now() - $3::interval
           AND (l.leased_until IS NULL OR l.leased_until < now())
           AND coalesce(o.number, 0) < $4
         ORDER BY l.due_at
         LIMIT $1 * {LOOKED_AT}
    ),
    ranked AS (
        SELECT booking_id, number + row_number() OVER (PARTITION BY host_id ORDER BY due_at)
                   AS place
          FROM candidate
    ),
    due AS (
        SELECT l.booking_id
          FROM calendar_event_links l
          JOIN ranked r ON r.booking_id = l.booking_id AND r.place <= $4
         WHERE l.leased_until IS NULL OR l.leased_until < now()
         ORDER BY l.due_at
         LIMIT $1
           FOR UPDATE OF l SKIP LOCKED
    ),
    leased AS (
        UPDATE calendar_event_links l
           SET leased_until = now() + $2::interval
          FROM due
         WHERE l.booking_id = due.booking_id
        RETURNING l.*
    )
    SELECT {LEASED.qualified("l")}, c.ref AS calendar_ref,
           {calendar_accounts.COLUMNS.qualified("a")}
      FROM leased l
      JOIN calendars c ON c.id = l.calendar_id AND c.host_id = l.host_id
      JOIN calendar_accounts a ON a.id = c.account_id AND a.host_id = l.host_id
"""  # noqa: S608 - the columns are a constant

# A newer version that arrived meanwhile stays pending.
SETTLED = """
    UPDATE calendar_event_links
       SET ref = $4, server_version = $5, settled_at = now(), leased_until = NULL,
           failures = 0, last_error = NULL,
           state = CASE WHEN version = $6 THEN 'DONE' ELSE state END,
           event = CASE WHEN version = $6 THEN NULL ELSE event END
     WHERE host_id = $1
       AND booking_id = $2
       AND leased_until = $3
"""

FAILED = """
    UPDATE calendar_event_links
       SET due_at = now() + $4::interval, leased_until = NULL,
           failures = failures + 1, last_error = $5,
           state = CASE WHEN $6 AND version = $7 THEN 'FAILED' ELSE state END
     WHERE host_id = $1
       AND booking_id = $2
       AND leased_until = $3
"""

END_SOON = """
    UPDATE calendar_event_links
       SET leased_until = least(leased_until, now() + $4::interval)
     WHERE host_id = $1
       AND booking_id = $2
       AND leased_until = $3
"""

# Of what is due now, without events to write for inactive hosts and accounts that must be
# connected again.
FIGURES = """
    SELECT count(*) AS due,
           coalesce(extract(epoch FROM now() - min(l.due_at)), 0)::float8 AS oldest_seconds
      FROM calendar_event_links l
      JOIN calendars c ON c.id = l.calendar_id
      JOIN calendar_accounts a ON a.id = c.account_id AND a.state = 'CONNECTED'
      JOIN hosts h ON h.id = l.host_id AND (h.active OR l.wanted = 'ABSENT')
     WHERE l.state = 'PENDING'
       AND l.due_at <= now()
"""


@dataclass(frozen=True, kw_only=True)
class LeasedLink:
    """A link that this worker has until `leased_until`, with what writing needs to know."""

    booking_id: UUID
    calendar_id: UUID
    calendar_ref: str
    account: CalendarAccount
    version: int
    sequence: int
    wanted: WantedEvent
    event: Mapping[str, Any] | None
    ref: str | None
    server_version: str | None
    leased_until: datetime
    failures: int
    traceparent: str | None

    @property
    def host_id(self) -> UUID:
        return self.account.host_id


async def lease(
    connection: Connection, *, limit: int, most_of_a_host: int, seconds: float
) -> list[LeasedLink]:
    """Lease links that are due; another worker gets them once the lease has ended."""
    rows = await connection.fetch(
        LEASE, limit, timedelta(seconds=seconds), GIVE_UP_AFTER, most_of_a_host
    )
    return [_read(row) for row in rows]


def _read(row: Any) -> LeasedLink:
    return LeasedLink(
        **LEASED.fields(row) | {"wanted": WantedEvent(row["wanted"])},
        calendar_ref=row["calendar_ref"],
        account=calendar_accounts.read(row),
    )


async def settle(
    connection: Connection, leased: LeasedLink, *, ref: str | None, server_version: str | None
) -> None:
    """Store what the server has now, unless the lease was given to another worker."""
    await connection.execute(
        SETTLED,
        leased.host_id,
        leased.booking_id,
        leased.leased_until,
        ref,
        server_version,
        leased.version,
    )


async def settle_failure(
    connection: Connection, leased: LeasedLink, *, wait: timedelta, error: str, is_final: bool
) -> bool:
    """Store why the event was not written; False if another worker has the lease."""
    status = await connection.execute(
        FAILED,
        leased.host_id,
        leased.booking_id,
        leased.leased_until,
        wait,
        error,
        is_final,
        leased.version,
    )
    return status != "UPDATE 0"


async def end_soon(connection: Connection, leased: LeasedLink, *, after: timedelta) -> None:
    """Let another worker write the event, also a newer version, no sooner than that.

    The server may still be at work on a request that was given up: if it stored a new event after
    another worker had found none to delete, the event would stay.
    """
    await connection.execute(
        END_SOON, leased.host_id, leased.booking_id, leased.leased_until, after
    )


async def find_figures(connection: Connection) -> tuple[int, float]:
    """Return how many writes are due, and for how many seconds the oldest is."""
    row: Any = await connection.fetchrow(FIGURES)
    return row["due"], row["oldest_seconds"]
