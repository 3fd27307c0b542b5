"""The health of endpoints: read and written by the dispatchers, under the row's lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import ArrayColumns
from linktime_common.postgres import Connection
from linktime_webhooks.domain.health import Breaker, Health

PROBE_SECONDS = 60

# Until when only test events are sent, of `endpoint_health h`: a pause of the receiver, or an open
# breaker. By the database's clock, which also sets these times.
PAUSED_UNTIL = "CASE WHEN h.paused_until > now() THEN h.paused_until END"
BREAKER_UNTIL = """
    CASE WHEN h.breaker <> 'closed' AND h.breaker_until > now() THEN h.breaker_until END
"""

HEALTH = ArrayColumns(
    recent="jsonb",
    pace="jsonb",
    slow="boolean",
    consecutive_failures="int",
    breaker="text",
    breaker_until="timestamptz",
    breaker_seconds="int",
    paused_until="timestamptz",
    failing_since="timestamptz",
    failures_since_success="int",
    last_success_at="timestamptz",
    warned_hours="int",
)

LOCK = f"""
    SELECT endpoint_id, {HEALTH}, now() AS now
      FROM endpoint_health
     WHERE endpoint_id = ANY ($1)
     ORDER BY endpoint_id
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

SAVE = f"""
    UPDATE endpoint_health h
       SET {HEALTH.assignments_from("n")}
      FROM unnest($1::uuid[], {HEALTH.arrays(first=2)}) AS n (endpoint_id, {HEALTH})
     WHERE h.endpoint_id = n.endpoint_id
"""  # noqa: S608 - the columns are a constant

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
class LockedHealth:
    """The locked health of some endpoints, and the database's time."""

    of: Mapping[UUID, Health]
    now: datetime | None


async def lock(connection: Connection, endpoint_ids: Iterable[UUID]) -> LockedHealth:
    """Read and lock in the order of ids."""
    rows = await connection.fetch(LOCK, sorted(set(endpoint_ids)))
    found = {row["endpoint_id"]: _health(row) for row in rows}
    return LockedHealth(found, rows[0]["now"] if rows else None)


async def save(connection: Connection, changed: Mapping[UUID, Health]) -> None:
    """Write locked health back."""
    if changed:
        rows = map(HEALTH.values, changed.values())
        await connection.execute(SAVE, list(changed), *zip(*rows, strict=True))


async def half_open(connection: Connection, endpoint_ids: Sequence[UUID]) -> None:
    """Start the probe of each of these; no other starts until its result, or for a minute."""
    if endpoint_ids:
        await connection.execute(HALF_OPEN, endpoint_ids, float(PROBE_SECONDS))


async def failing(connection: Connection, *, since: datetime, limit: int) -> list[UUID]:
    """Return enabled endpoints whose failures began at `since` or before, longest first."""
    return [row["endpoint_id"] for row in await connection.fetch(FAILING, since, limit)]


async def warned(connection: Connection, endpoint_id: UUID, hours: int) -> None:
    """Store that the owner was warned."""
    await connection.execute(WARNED, endpoint_id, hours)


def _health(row: Record) -> Health:
    fields = HEALTH.fields(row)
    fields["recent"] = _attempts(fields["recent"])
    fields["pace"] = _attempts(fields["pace"])
    fields["breaker"] = Breaker(fields["breaker"])
    return Health(**fields)


def _attempts(kept: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    return tuple((milliseconds, kind) for milliseconds, kind in kept)
