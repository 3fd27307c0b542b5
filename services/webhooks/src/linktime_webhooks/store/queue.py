"""Size, age and endpoints of the queue, for the metrics and the sweeper."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import BEGINNING, FIRST_DUE

MOST_COUNTED = 100_000

DEPTH = """
    SELECT CASE d.kind WHEN 'replay' THEN 'replay'
                       WHEN 'test' THEN 'test'
                       ELSE CASE WHEN h.slow THEN 'slow' ELSE 'fast' END
           END AS lane,
           count(*) AS depth
      FROM (SELECT kind, endpoint_id FROM deliveries LIMIT $1) AS d
      JOIN endpoint_health h ON h.endpoint_id = d.endpoint_id
     GROUP BY 1
"""

# Endpoints that are not sent to now do not count.
OLDEST_DUE = f"""
    WITH {FIRST_DUE}
    SELECT greatest(extract(epoch FROM now() - min(f.next_at)), 0)::float8
      FROM first_due f
      JOIN endpoint_health h ON h.endpoint_id = f.endpoint_id
     WHERE NOT f.is_replay
       AND h.breaker = 'closed'
       AND (h.paused_until IS NULL OR h.paused_until <= now())
"""  # noqa: S608 - the parts are constants

ENDPOINTS = """
    SELECT CASE WHEN e.disabled_at IS NOT NULL THEN 'disabled'
                WHEN h.paused_until > now() THEN 'paused'
                WHEN h.breaker <> 'closed' THEN h.breaker
                WHEN h.slow THEN 'slow'
                ELSE 'well'
           END AS state,
           count(*) AS count
      FROM endpoints e
      JOIN endpoint_health h ON h.endpoint_id = e.id
     WHERE e.deleted_at IS NULL
     GROUP BY 1
"""

# Endpoints out of use that still have unclaimed deliveries, found by the same walk as due ones.
LEFT_BEHIND = f"""
    WITH {FIRST_DUE}
    SELECT DISTINCT e.id
      FROM first_due f
      JOIN endpoints e ON e.id = f.endpoint_id
     WHERE e.deleted_at IS NOT NULL
        OR e.disabled_at IS NOT NULL
     ORDER BY e.id
     LIMIT $3
"""  # noqa: S608 - the parts are constants


@dataclass(frozen=True)
class Measured:
    """Live deliveries by lane, the longest wait, and endpoints by state; zeros included."""

    depth: Mapping[str, int]
    oldest_due_seconds: float
    endpoints: Mapping[str, int]


async def left_behind(connection: Connection, *, limit: int) -> list[UUID]:
    """Return endpoints out of use that still have unclaimed deliveries."""
    return [row["id"] for row in await connection.fetch(LEFT_BEHIND, *BEGINNING, limit)]


async def measure(connection: Connection) -> Measured:
    """Measure the live deliveries and the endpoints."""
    depth = await connection.fetch(DEPTH, MOST_COUNTED)
    oldest = await connection.fetchval(OLDEST_DUE, *BEGINNING)
    endpoints = await connection.fetch(ENDPOINTS)
    lanes = ("fast", "slow", "replay", "test")
    states = ("well", "slow", "open", "half_open", "paused", "disabled")
    return Measured(
        dict.fromkeys(lanes, 0) | {row["lane"]: row["depth"] for row in depth},
        oldest or 0.0,
        dict.fromkeys(states, 0) | {row["state"]: row["count"] for row in endpoints},
    )
