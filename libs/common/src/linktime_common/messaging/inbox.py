"""Which events a consumer has processed: recorded in the transaction of their effect."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from linktime_common.endless import repeat
from linktime_common.postgres import Connection, Database

KEPT = timedelta(days=30)
PRUNE_SECONDS = 600.0
PRUNE_ROWS = 1000

# Sorted, so that two processes with the same events lock them in one order.
TAKE = """
    INSERT INTO inbox (consumer, event_id)
    SELECT $1, event_id FROM unnest($2::uuid[]) AS given (event_id) ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
"""

PRUNE = """
    DELETE FROM inbox
     WHERE (consumer, event_id) IN (
           SELECT consumer, event_id FROM inbox WHERE received_at < now() - $1::interval
            ORDER BY received_at LIMIT $2
           )
"""


async def take(connection: Connection, *, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Record the events; returns those that this consumer had not processed.

    A concurrent delivery of the same event waits here for the first one's transaction.
    """
    return {row["event_id"] for row in await connection.fetch(TAKE, consumer, event_ids)}


async def keep_pruned(database: Database, *, older_than: timedelta = KEPT) -> None:
    """Delete rows older than that, until cancelled."""
    await repeat("inbox pruner", partial(_prune, database, older_than), after_seconds=PRUNE_SECONDS)


async def prune(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` rows older than that; returns how many."""
    status = await connection.execute(PRUNE, older_than, limit)
    return int(status.rsplit(" ", 1)[1])


async def _prune(database: Database, older_than: timedelta) -> None:
    deleted = PRUNE_ROWS
    while deleted == PRUNE_ROWS:
        async with database.connection() as connection:
            deleted = await prune(connection, older_than=older_than, limit=PRUNE_ROWS)
