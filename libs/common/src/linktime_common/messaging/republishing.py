"""Publishing events again that the broker may have lost, for the operator.

A new broker has none of the messages of the one before. Consumers ignore the events that they have
processed; they keep the ids for longer than the events that are published again are old.
"""

from datetime import timedelta

from linktime_common.messaging import inbox
from linktime_common.postgres import Database

BATCH = 1000
OLDEST = inbox.KEPT - timedelta(days=1)
"""Of older events a consumer may not know any more that it has processed them."""

# What is published meanwhile is newer than `until`.
FIND_RANGE = """
    SELECT greatest(max(published_at) - $1::interval, now() - $2::interval) AS since,
           now() AS until
      FROM outbox
"""

MARK_UNPUBLISHED = """
    UPDATE outbox
       SET published_at = NULL, claimed_until = NULL, next_attempt_at = now()
     WHERE seq IN (
           SELECT seq
             FROM outbox
            WHERE published_at >= $1
              AND published_at <= $2
            ORDER BY published_at
            LIMIT $3
           )
"""


async def republish(database: Database, period: timedelta) -> int:
    """Let the relay publish again what was published within `period` before the last event.

    Not what is older than OLDEST. Returns how many events.
    """
    async with database.connection() as connection:
        ((since, until),) = await connection.fetch(FIND_RANGE, period, OLDEST)
    count, marked = 0, BATCH
    while marked == BATCH:
        async with database.connection() as connection:
            status = await connection.execute(MARK_UNPUBLISHED, since, until, BATCH)
        marked = int(status.rsplit(" ", 1)[1])
        count += marked
    return count
