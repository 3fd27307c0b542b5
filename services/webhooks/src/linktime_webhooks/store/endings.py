"""Ends the live deliveries of an endpoint that is no longer sent to.

A dispatcher with a claim on such a row completes nothing; its attempt is recorded all the same.
"""

from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

BATCH = 5_000

# Does nothing if the endpoint is enabled (again). After a 410 deliveries are cancelled; those of an
# endpoint that failed or was disabled by its owner can be replayed. Locked in the order of their
# ids, as results are: no deadlock.
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
    """End up to 5,000 deliveries of an endpoint out of use; return whether more may remain."""
    return bool(await connection.fetchval(END, endpoint_id, BATCH) == BATCH)
