"""Waiting while PostgreSQL accepts no more connections.

It has `max_connections` slots for all services. One that is refused becomes free when another
process closes a connection, so an attempt is repeated before it fails.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

FULL = (asyncpg.TooManyConnectionsError,)
"""All slots are taken: those of the server, of the role or of the database."""
FULL_OR_STARTING = (*FULL, asyncpg.CannotConnectNowError)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 2.0

Result = TypeVar("Result")


async def when_accepted(
    open_one: Callable[[], Awaitable[Result]],
    *,
    within_seconds: float,
    refusals: tuple[type[Exception], ...] = FULL,
    on_refusal: Callable[[Exception], object] = lambda _error: None,
) -> Result:
    """Return what `open_one` returns, and repeat it with growing pauses while it is refused.

    Raises the server's last refusal after `within_seconds`.
    """
    loop = asyncio.get_running_loop()
    ends, pause = loop.time() + within_seconds, FIRST_PAUSE_SECONDS
    while True:
        try:
            return await open_one()
        except refusals as error:
            if loop.time() + pause > ends:
                raise
            on_refusal(error)
        # Processes that were refused together do not come back together.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
