"""Rolling back before a connection returns to its pool, within a short time."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import asyncpg

from linktime_common.connection_errors import SERVER_ERRORS

if TYPE_CHECKING:
    from linktime_common.postgres import Connection
else:
    Connection = Any

# For ROLLBACK, and for a cancelled statement to end; deadlines of callers are a second apart.
CLEANUP_SECONDS = 0.5


async def roll_back(transaction: Any, connection: Connection) -> None:
    """Roll the transaction back, or close the connection."""
    try:
        async with asyncio.timeout(CLEANUP_SECONDS):
            await transaction.rollback()
    except SERVER_ERRORS:
        # The server rolls back; a connection that does not respond is not reused.
        terminate(connection)


async def leave_transaction(connection: Connection) -> None:
    """Roll back what a cancelled COMMIT or ROLLBACK has left, or close the connection.

    PostgreSQL stays in the transaction if the cancellation arrives before the statement begins.
    """
    try:
        if connection.is_in_transaction():
            async with asyncio.timeout(CLEANUP_SECONDS):
                await connection.execute("ROLLBACK")
    except SERVER_ERRORS:
        terminate(connection)
    except BaseException:
        terminate(connection)
        raise


def terminate(connection: Connection) -> None:
    """Close the connection without a word to the server."""
    with suppress(asyncpg.InterfaceError):  # closed and already removed from the pool
        connection.terminate()
