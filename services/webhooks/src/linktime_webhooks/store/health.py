"""How endpoints have answered: read and written by the dispatchers, under the row's lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_webhooks.domain.health import Breaker, Health

PROBE_SECONDS = 60

# Both in the order of Health.
LOCK = """
    SELECT endpoint_id, recent, pace, slow, consecutive_failures, breaker, breaker_until,
           breaker_seconds, paused_until, failing_since, failures_since_success,
           last_success_at, warned_hours, now() AS now
      FROM endpoint_health
     WHERE endpoint_id = ANY ($1)
     ORDER BY endpoint_id
       FOR UPDATE
"""

SAVE = """
    UPDATE endpoint_health h
       SET recent = n.recent,
           pace = n.pace,
           slow = n.slow,
           consecutive_failures = n.consecutive_failures,
           breaker = n.breaker,
           breaker_until = n.breaker_until,
           breaker_seconds = n.breaker_seconds,
           paused_until = n.paused_until,
           failing_since = n.failing_since,
           failures_since_success = n.failures_since_success,
           last_success_at = n.last_success_at,
           warned_hours = n.warned_hours
      FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::boolean[], $5::int[], $6::text[],
                  $7::timestamptz[], $8::int[], $9::timestamptz[], $10::timestamptz[], $11::int[],
                  $12::timestamptz[], $13::int[])
        AS n (endpoint_id, recent, pace, slow, consecutive_failures, breaker, breaker_until,
              breaker_seconds, paused_until, failing_since, failures_since_success,
              last_success_at, warned_hours)
     WHERE h.endpoint_id = n.endpoint_id
"""

HALF_OPEN = """
    UPDATE endpoint_health
       SET breaker = 'half_open',
           breaker_until = now() + make_interval(secs => $2)
     WHERE endpoint_id = ANY ($1)
       AND breaker <> 'closed'
"""

FAILING = """
    SELECT h.endpoint_id
      FROM endpoint_health h
      JOIN endpoints e ON e.id = h.endpoint_id
     WHERE h.failing_since <= $1
       AND e.disabled_at IS NULL
       AND e.deleted_at IS NULL
     ORDER BY h.failing_since, h.endpoint_id
     LIMIT $2
"""

WARNED = "UPDATE endpoint_health SET warned_hours = $2 WHERE endpoint_id = $1"


@dataclass(frozen=True)
class Locked:
    """The health of some endpoints, theirs until the transaction ends, and the database's time."""

    of: Mapping[UUID, Health]
    now: datetime | None


async def lock(connection: Connection, endpoint_ids: Iterable[UUID]) -> Locked:
    """Read and lock in the order of ids."""
    rows = await connection.fetch(LOCK, sorted(set(endpoint_ids)))
    found = {row["endpoint_id"]: _health(row) for row in rows}
    return Locked(found, rows[0]["now"] if rows else None)


async def save(connection: Connection, changed: Mapping[UUID, Health]) -> None:
    """Write what was locked back."""
    if changed:
        await connection.execute(SAVE, list(changed), *zip(*changed.values(), strict=True))


async def half_open(connection: Connection, endpoint_ids: Sequence[UUID]) -> None:
    """A delivery tries each of these; until its answer, or for a minute, no other does."""
    if endpoint_ids:
        await connection.execute(HALF_OPEN, endpoint_ids, float(PROBE_SECONDS))


async def failing(connection: Connection, *, since: datetime, limit: int) -> list[UUID]:
    """Endpoints in use whose failures began at `since` or before, longest first."""
    return [row["endpoint_id"] for row in await connection.fetch(FAILING, since, limit)]


async def warned(connection: Connection, endpoint_id: UUID, hours: int) -> None:
    """Remember that the owner was told."""
    await connection.execute(WARNED, endpoint_id, hours)


def _health(row: Record) -> Health:
    _endpoint_id, recent, pace, slow, failures, breaker, *rest, _now = row
    return Health(_attempts(recent), _attempts(pace), slow, failures, Breaker(breaker), *rest)


def _attempts(kept: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    return tuple((milliseconds, kind) for milliseconds, kind in kept)
