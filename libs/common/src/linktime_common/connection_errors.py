"""Which asyncpg errors mean that the database is unavailable, and their errors for callers."""

from typing import TYPE_CHECKING, Any

import asyncpg

from linktime_common.errors import Contended, Unavailable
from linktime_common.network_errors import network_reason
from linktime_common.sqlstates import Fault, fault_of, reason_of

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
"""What asyncpg raises when the connection is lost or times out; never for a bad statement."""

# asyncpg raises these for a closed or closing connection; the first one for a wrong argument too,
# so it means a lost connection only if the connection is closed.
CLIENT_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError)

SERVER_ERRORS = (OSError, asyncpg.PostgresError, *CLIENT_ERRORS)

# The text of a PgBouncer; the SQLSTATE is that of all its refusals.
REFUSED_SETTING = "unsupported startup parameter"
NO_DIRECT_DSN = "it is behind a PgBouncer: set <SERVICE>_POSTGRES_DIRECT_DSN"


def not_connected(error: Exception) -> Unavailable:
    """Return the error for a connection that could not be opened."""
    if REFUSED_SETTING in str(error):
        return Unavailable(NO_DIRECT_DSN)
    network = network_reason(error)
    unreachable = "the database cannot be reached" + (f": {network}" if network else "")
    return Unavailable(reason_of(error) or unreachable)


def is_lost(error: Exception, connection: Connection) -> bool:
    """Whether the connection was lost during a statement, which may have taken effect."""
    if isinstance(error, asyncpg.InterfaceError):
        return _is_closed(connection)
    return isinstance(error, (*CONNECTION_LOST, asyncpg.InternalClientError))


def _is_closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # closed and already removed from the pool
        return True


def unavailable(error: Exception, connection: Connection) -> Unavailable | None:
    """Return the error for callers if the database caused `error`, or None."""
    if isinstance(error, Unavailable):
        return None
    if isinstance(error, CLIENT_ERRORS):
        return (
            Unavailable("the database connection was lost") if is_lost(error, connection) else None
        )
    match fault_of(error):
        case Fault.DATABASE:
            return Unavailable(reason_of(error) or _with_cause("the database failed", error))
        case Fault.CONFLICT:
            return Contended(_with_cause("a concurrent transaction won", error))
    return None


def _with_cause(what: str, error: Exception) -> str:
    """Add what an operator can look up; the name of a class is none."""
    state = getattr(error, "sqlstate", None)
    cause = f"SQLSTATE {state}" if state else network_reason(error)
    return f"{what}: {cause}" if cause else what
