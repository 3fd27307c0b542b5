"""Ends the waiting deliveries of an endpoint that is no longer sent to.

A claimed one is left to its dispatcher, whose request may arrive: its result ends it. If the
dispatcher crashes, the sweeper ends it after its lease.
"""

from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT, STATE_OUT_OF_USE

BATCH = 5_000

# Does nothing if the endpoint is enabled (again). Locked rows are being claimed: waiting for a
# claim could deadlock, because it may wait for the endpoint's health.
END = f"""
    WITH quiet AS MATERIALIZED (
        SELECT e.id, {STATE_OUT_OF_USE} AS state
          FROM endpoints e
         WHERE e.id = $1
           AND (e.deleted_at IS NOT NULL OR e.disabled_at IS NOT NULL)
           FOR SHARE
    ),
    waiting AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE endpoint_id = (SELECT id FROM quiet)
           AND lease_until IS NULL
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ),
    ended AS (
        DELETE FROM deliveries
         WHERE id IN (SELECT id FROM waiting)
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
    """End up to 5,000 waiting deliveries of an endpoint out of use.

    Returns whether more may remain.
    """
    return bool(await connection.fetchval(END, endpoint_id, BATCH) == BATCH)
