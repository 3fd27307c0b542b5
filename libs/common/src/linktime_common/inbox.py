"""Which events a consumer has taken in: recorded in the transaction of their effect."""

from datetime import timedelta
from uuid import UUID

from linktime_common.postgres import Connection

TAKE = """
    INSERT INTO inbox (consumer, event_id) VALUES ($1, $2)
    ON CONFLICT DO NOTHING
    RETURNING true
"""

PRUNE = """
    DELETE FROM inbox
     WHERE (consumer, event_id) IN (
           SELECT consumer, event_id FROM inbox WHERE received_at < now() - $1::interval
            ORDER BY received_at LIMIT $2
           )
"""


async def take(connection: Connection, *, consumer: str, event_id: UUID) -> bool:
    """Record the event; False when this consumer has had its effect already.

    A second delivery at the same moment waits here for the first one's transaction.
    """
    return bool(await connection.fetchval(TAKE, consumer, event_id))


async def prune(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` rows received longer ago than that; returns how many."""
    status = await connection.execute(PRUNE, older_than, limit)
    return int(status.rsplit(" ", 1)[1])
