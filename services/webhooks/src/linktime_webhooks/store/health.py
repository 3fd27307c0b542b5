"""How endpoints have answered: read and written by the dispatchers, under the row's lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_webhooks.domain.health import Breaker, Health

# A bucket holds what a quarter of a second earns: dispatchers look for due rows that often.
BUCKET_SECONDS = 0.25
PROBE_SECONDS = 60

# Both in the order of Health.
LOCK = """
    SELECT endpoint_id, recent, slow, consecutive_failures, breaker, breaker_until,
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
      FROM unnest($1::uuid[], $2::jsonb[], $3::boolean[], $4::int[], $5::text[],
                  $6::timestamptz[], $7::int[], $8::timestamptz[], $9::timestamptz[], $10::int[],
                  $11::timestamptz[], $12::int[])
        AS n (endpoint_id, recent, slow, consecutive_failures, breaker, breaker_until,
              breaker_seconds, paused_until, failing_since, failures_since_success,
              last_success_at, warned_hours)
     WHERE h.endpoint_id = n.endpoint_id
"""

# Another dispatcher that has the row now takes what there is; this one comes back later.
LOCK_ALLOWANCES = """
    SELECT h.endpoint_id,
           CASE WHEN h.breaker <> 'closed' THEN 1
                ELSE floor(least(greatest(e.rate_per_second * $2::float8, 1),
                                 h.tokens + e.rate_per_second
                                            * extract(epoch FROM now() - h.tokens_at)))::int
            END AS allowed
      FROM endpoint_health h
      JOIN endpoints e ON e.id = h.endpoint_id
     WHERE h.endpoint_id = ANY ($1)
       AND (h.breaker = 'closed' OR h.breaker_until <= now())
     ORDER BY h.endpoint_id
       FOR UPDATE OF h SKIP LOCKED
"""

SPEND = """
    UPDATE endpoint_health h
       SET tokens = CASE WHEN e.rate_per_second IS NULL THEN h.tokens
                         ELSE least(greatest(e.rate_per_second * $3::float8, 1),
                                    h.tokens + e.rate_per_second
                                               * extract(epoch FROM now() - h.tokens_at))
                              - spent.count
                     END,
           tokens_at = now(),
           breaker = CASE WHEN h.breaker = 'closed' THEN 'closed' ELSE 'half_open' END,
           breaker_until = CASE WHEN h.breaker = 'closed' THEN NULL
                                ELSE now() + make_interval(secs => $4)
                            END
      FROM unnest($1::uuid[], $2::int[]) AS spent (endpoint_id, count), endpoints e
     WHERE h.endpoint_id = spent.endpoint_id
       AND e.id = spent.endpoint_id
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


async def lock_allowances(connection: Connection, endpoint_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many deliveries each may be sent now, by its breaker or its rate; nobody else's turn
    until the transaction ends. One that is missing may be sent none."""
    rows = await connection.fetch(LOCK_ALLOWANCES, endpoint_ids, BUCKET_SECONDS)
    return {row["endpoint_id"]: row["allowed"] for row in rows}


async def spend(connection: Connection, counts: Mapping[UUID, int]) -> None:
    """Take that many from the buckets; a breaker that was open is half-open until its answer."""
    await connection.execute(
        SPEND, list(counts), list(counts.values()), BUCKET_SECONDS, float(PROBE_SECONDS)
    )


async def failing(connection: Connection, *, since: datetime, limit: int) -> list[UUID]:
    """Endpoints in use whose failures began at `since` or before, longest first."""
    return [row["endpoint_id"] for row in await connection.fetch(FAILING, since, limit)]


async def warned(connection: Connection, endpoint_id: UUID, hours: int) -> None:
    """Remember that the owner was told."""
    await connection.execute(WARNED, endpoint_id, hours)


def _health(row: Record) -> Health:
    _endpoint_id, recent, slow, failures, breaker, *rest, _now = row
    known = tuple((milliseconds, kind) for milliseconds, kind in recent)
    return Health(known, slow, failures, Breaker(breaker), *rest)
