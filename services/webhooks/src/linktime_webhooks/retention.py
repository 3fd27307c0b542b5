"""What was sent is forgotten after 30 days."""

from datetime import timedelta
from functools import partial

from linktime_common.endless import repeat
from linktime_common.postgres import Database
from linktime_webhooks.store import messages

KEPT = timedelta(days=30)
BATCH = 1_000
EVERY_SECONDS = 600.0


async def keep_retention(database: Database) -> None:
    """A worker: delete what is past its time, until cancelled; an outage is waited out."""
    await repeat("webhook retention", partial(forget_old, database), after_seconds=EVERY_SECONDS)


async def forget_old(database: Database) -> None:
    """Delete every message past its time, in batches that hold no lock for long."""
    deleted = BATCH
    while deleted == BATCH:
        async with database.connection() as connection:
            deleted = await messages.delete_old(connection, older_than=KEPT, limit=BATCH)
