"""Leases of deliveries that end without a result: given back, or their dispatcher died."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

MOST_CRASHES = 5

# A dispatcher that died with rows in hand did not use up their attempts; a row that keeps killing
# dispatchers is taken out. Whatever else ends a claim ends its lease, and is no crash.
RETURN_EXPIRED = f"""
    WITH expired AS MATERIALIZED (
        SELECT id, crashes + 1 > $1 AS is_poison
          FROM deliveries
         WHERE lease_until < now()
         ORDER BY lease_until
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ),
    poison AS (
        DELETE FROM deliveries
         WHERE id = ANY (ARRAY (SELECT id FROM expired WHERE is_poison))
        RETURNING {KEPT}, attempt, last_reason
    ),
    history AS (
        INSERT INTO delivery_history ({HISTORY})
        SELECT {KEPT}, 'poison', attempt, last_reason, now()
          FROM poison
    ),
    returned AS (
        UPDATE deliveries
           SET crashes = crashes + 1, lease_until = NULL, lease_owner = NULL
         WHERE id = ANY (ARRAY (SELECT id FROM expired WHERE NOT is_poison))
        RETURNING id
    )
    SELECT (SELECT count(*) FROM returned) AS returned, (SELECT count(*) FROM poison) AS poison
"""  # noqa: S608 - the columns are a constant

# Locked in the order of their ids, as results are written.
PUT_BACK = """
    WITH held AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE id = ANY ($1)
           AND lease_owner = $2
         ORDER BY id
           FOR UPDATE
    )
    UPDATE deliveries
       SET next_at = now() + make_interval(secs => $3), lease_until = NULL, lease_owner = NULL
     WHERE id IN (SELECT id FROM held)
"""

RELEASE = """
    UPDATE deliveries
       SET lease_until = NULL, lease_owner = NULL
     WHERE lease_until IS NOT NULL
       AND lease_owner = $1
"""


async def return_expired(connection: Connection, *, limit: int) -> tuple[int, int]:
    """Free up to `limit` deliveries whose lease ran out: how many, and how many were poison."""
    row = await connection.fetchrow(RETURN_EXPIRED, MOST_CRASHES, limit)
    return (row["returned"], row["poison"]) if row else (0, 0)


async def put_back(
    connection: Connection, ids: Sequence[UUID], *, owner: UUID, seconds: float
) -> None:
    """Let go of these deliveries of this dispatcher until `seconds` have passed."""
    await connection.execute(PUT_BACK, ids, owner, seconds)


async def release(connection: Connection, owner: UUID) -> None:
    """Let go of what this dispatcher has claimed and not sent."""
    await connection.execute(RELEASE, owner)
