"""Ends the remaining waiting deliveries of a disabled or deleted endpoint."""

import asyncio
import contextlib
from uuid import UUID

from linktime_common.errors import Unavailable
from linktime_common.postgres import Database
from linktime_webhooks.store import endings

LEFT_SECONDS = 0.2  # for the reply


async def end_in_time(database: Database, endpoint_id: UUID, deadline: float) -> None:
    """As `end_the_rest`, until `deadline` in the loop's time.

    For a request whose transaction is committed; the sweeper ends the rest.
    """
    with contextlib.suppress(TimeoutError, Unavailable):
        async with asyncio.timeout_at(deadline - LEFT_SECONDS):
            await end_the_rest(database, endpoint_id)


async def end_the_rest(database: Database, endpoint_id: UUID) -> None:
    """End the deliveries that are left, in batches with short locks."""
    more = True
    while more:
        async with database.transaction() as connection:
            more = await endings.end_some(connection, endpoint_id)
