"""What still waits for a disabled or deleted endpoint is ended."""

from uuid import UUID

from linktime_common.postgres import Database
from linktime_webhooks.store import endings


async def end_the_rest(database: Database, endpoint_id: UUID) -> None:
    """All that the transaction which disabled or deleted it left, in batches that lock briefly."""
    more = True
    while more:
        async with database.transaction() as connection:
            more = await endings.end_some(connection, endpoint_id)
