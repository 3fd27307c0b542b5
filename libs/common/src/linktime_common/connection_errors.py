"""What asyncpg raises when the database is away or refuses, and what that means for a caller."""

from typing import TYPE_CHECKING, Any

import asyncpg

from linktime_common.errors import Contended, Unavailable
from linktime_common.sqlstates import Fault, fault_of, refusal_of

if TYPE_CHECKING:
    from linktime_common.postgres import Connection
else:
    Connection = Any

CONNECTION_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    TimeoutError,
)
"""What asyncpg raises when the server is gone, going, or silent; never for a bad statement."""

# asyncpg says these of a connection that is closed or closing under it; the first one of a wrong
# argument too, so it means that the server is gone only together with a closed connection.
CLIENT_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError)

SERVER_ERRORS = (OSError, asyncpg.PostgresError, *CLIENT_ERRORS)


def not_connected(error: Exception) -> Unavailable:
    """For what kept a connection from being opened."""
    return Unavailable(refusal_of(error) or "the database cannot be reached")


def is_lost(error: Exception, connection: Connection) -> bool:
    """Whether the server may have gone on without us: its answer to a statement is missing."""
    if isinstance(error, asyncpg.InterfaceError):
        return _is_closed(connection)
    return isinstance(error, (*CONNECTION_LOST, asyncpg.InternalClientError))


def _is_closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # closed, and already taken out of the pool
        return True


def unavailable(error: Exception, connection: Connection) -> Unavailable | None:
    """What `error` is when the database caused it."""
    if isinstance(error, Unavailable):
        return None
    if isinstance(error, CLIENT_ERRORS):
        return Unavailable("the database went away") if is_lost(error, connection) else None
    match fault_of(error):
        case Fault.DATABASE:
            return Unavailable(f"the database could not do its work: {type(error).__name__}")
        case Fault.CONFLICT:
            return Contended(f"another transaction came first: {type(error).__name__}")
    return None
