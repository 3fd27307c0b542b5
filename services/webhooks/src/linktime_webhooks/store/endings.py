"""What still waits for an endpoint that is not sent to any more becomes history.

Whoever has such a row in hand finds nothing to complete; its attempt is recorded all the same.
"""

from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

BATCH = 5_000

# Nothing of an endpoint that is sent to (again). 410 says that nobody wants what waits; what an
# outage or its owner's wish kept back can be replayed. Locked in the order of their ids, as results
# are written: the two wait for each other, but never in a circle.
END = f"""
    WITH quiet AS MATERIALIZED (
        SELECT id,
               CASE WHEN deleted_at IS NOT NULL OR disabled_reason = 'gone'
                    THEN 'cancelled' ELSE 'suppressed' END AS state
          FROM endpoints
         WHERE id = $1
           AND (deleted_at IS NOT NULL OR disabled_at IS NOT NULL)
           FOR SHARE
    ),
    waiting AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE endpoint_id = (SELECT id FROM quiet)
         LIMIT $2
    ),
    held AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE id IN (SELECT id FROM waiting)
         ORDER BY id
           FOR UPDATE
    ),
    ended AS (
        DELETE FROM deliveries
         WHERE id IN (SELECT id FROM held)
        RETURNING {KEPT}, attempt, last_reason
    ),
    kept AS (
        INSERT INTO delivery_history ({HISTORY})
        SELECT {KEPT.qualified("ended")}, quiet.state, attempt, last_reason, now()
          FROM ended, quiet
    )
    SELECT count(*) FROM waiting
"""  # noqa: S608 - the columns are a constant


async def end_some(connection: Connection, endpoint_id: UUID) -> bool:
    """End up to 5,000 deliveries of a disabled or deleted endpoint; whether there may be more."""
    return bool(await connection.fetchval(END, endpoint_id, BATCH) == BATCH)
