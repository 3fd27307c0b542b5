"""Requests that wait for a lock."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from linktime_common.postgres import Connection

HELD_SECONDS = 6.0
"""Longer than the gateway waits for any write except those with passwords."""

Result = TypeVar("Result")


async def while_locked(
    connection: Connection, lock: str, request: Coroutine[Any, Any, Result]
) -> Result:
    """Return the result of `request` while `connection` holds the locks of the statement `lock`.

    They are released after the response, or after six seconds, so that a request without a
    time-out succeeds.
    """
    async with connection.transaction():
        await connection.execute(lock)
        asked = asyncio.ensure_future(request)
        await asyncio.wait({asked}, timeout=HELD_SECONDS)
    return await asked
