"""Rows that somebody else holds while a request wants them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from linktime_common.postgres import Connection

HELD_SECONDS = 6.0
"""Longer than the gateway waits for any write but those with passwords."""

Result = TypeVar("Result")


async def while_locked(
    connection: Connection, lock: str, request: Coroutine[Any, Any, Result]
) -> Result:
    """What `request` comes to while `connection` holds what the statement `lock` locks.

    It is held until there is an answer, and not longer than six seconds: a request that just waits
    goes through then.
    """
    async with connection.transaction():
        await connection.execute(lock)
        asked = asyncio.ensure_future(request)
        await asyncio.wait({asked}, timeout=HELD_SECONDS)
    return await asked
