"""Ends leases without a result: returned claims, and those of crashed dispatchers."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

MOST_CRASHES = 5

# A crashed dispatcher does not use up the attempts of its rows; a row that keeps crashing
# dispatchers becomes poison. Any other end of a claim ends its lease, and is no crash.
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

# Locked in the order of their ids, as results are.
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
    """Free up to `limit` expired leases; return how many, and how many were poison."""
    row = await connection.fetchrow(RETURN_EXPIRED, MOST_CRASHES, limit)
    return (row["returned"], row["poison"]) if row else (0, 0)


async def put_back(
    connection: Connection, ids: Sequence[UUID], *, owner: UUID, seconds: float
) -> None:
    """Release these deliveries of this dispatcher; they are due after `seconds`."""
    await connection.execute(PUT_BACK, ids, owner, seconds)


async def release(connection: Connection, owner: UUID) -> None:
    """Release the deliveries that this dispatcher has claimed and not sent."""
    await connection.execute(RELEASE, owner)
