"""What still waits for a disabled or deleted endpoint is ended."""

import asyncio
import contextlib
from uuid import UUID

from linktime_common.errors import Unavailable
from linktime_common.postgres import Database
from linktime_webhooks.store import endings

LEFT_SECONDS = 0.2  # for the answer


async def end_in_time(database: Database, endpoint_id: UUID, deadline: float) -> None:
    """As `end_the_rest`, as far as it comes by the loop's time `deadline`.

    For a request whose transaction is committed: it is done, and sweeps end what is left.
    """
    with contextlib.suppress(TimeoutError, Unavailable):
        async with asyncio.timeout_at(deadline - LEFT_SECONDS):
            await end_the_rest(database, endpoint_id)


async def end_the_rest(database: Database, endpoint_id: UUID) -> None:
    """All that the transaction which disabled or deleted it left, in batches that lock briefly."""
    more = True
    while more:
        async with database.transaction() as connection:
            more = await endings.end_some(connection, endpoint_id)
