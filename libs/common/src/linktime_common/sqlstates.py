"""Classification of database errors: one table for HTTP and messaging.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from enum import StrEnum

import asyncpg

from linktime_common.errors import Unavailable


class Fault(StrEnum):
    """Who has to act before the same request or message can succeed."""

    DATABASE = "database"
    """Nobody here: it is unavailable, full, read-only or overloaded. HTTP 503; a message waits."""
    CONFLICT = "conflict"
    """Nobody: another transaction won. Retried at once, then as `DATABASE`."""
    CALLER = "caller"
    """The caller: a value that PostgreSQL cannot store.

    HTTP 400; a message is parked in the end.
    """
    OURS = "ours"
    """Us: a fault of our code or of the data. HTTP 500; a message is parked in the end."""


# A whole SQLSTATE takes precedence over its class, the first two characters. All others are ours:
# XX (internal error, corrupted data or index) too, since a retry does not fix it.
_FAULTS = {
    "08": Fault.DATABASE,  # connection exception
    "22001": Fault.CALLER,  # a text is too long
    "22003": Fault.CALLER,  # a number is out of range
    "22007": Fault.CALLER,  # no date or time
    "22008": Fault.CALLER,  # a date or time is out of range
    "22021": Fault.CALLER,  # a character is not in the encoding
    "22P05": Fault.CALLER,  # a character cannot be converted
    "25006": Fault.DATABASE,  # read-only: a standby, or after a failover
    "25P03": Fault.DATABASE,  # ended while idle in a transaction
    "25P04": Fault.DATABASE,  # transaction_timeout
    "40001": Fault.CONFLICT,  # serialization failure
    "40003": Fault.DATABASE,  # whether the statement completed is unknown
    "40P01": Fault.CONFLICT,  # deadlock
    "53": Fault.DATABASE,  # disk full, out of memory, too many connections
    "54000": Fault.CALLER,  # a value is too large for an index
    "55P03": Fault.DATABASE,  # lock_timeout
    "57": Fault.DATABASE,  # cancelled, shutting down, starting, dropped, idle too long
    "58": Fault.DATABASE,  # its system fails: input and output, files
}

# What an operator has to fix. A whole SQLSTATE takes precedence over its class.
_REASONS = {
    "25006": "PostgreSQL is read-only",
    "28": "PostgreSQL refuses the user or the password",
    "3D": "PostgreSQL has no database of this name",
    "53": "PostgreSQL is short of resources",
    "53100": "PostgreSQL's disk is full",
    "53200": "PostgreSQL is out of memory",
    "53300": "PostgreSQL accepts no more connections",
    "57P03": "PostgreSQL is starting or stopping",
    "58": "PostgreSQL cannot use its files",
}
# The server cannot write, whatever the statement.
_SHORTAGES = frozenset({"53", "58"})


def fault_of(error: BaseException) -> Fault:
    """Classify `error`; a lost connection or a timeout is the database's."""
    match error:
        case Unavailable() | OSError():  # TimeoutError is an OSError
            return Fault.DATABASE
        case asyncpg.PostgresError(sqlstate=str(state)):
            return _FAULTS.get(state) or _FAULTS.get(state[:2]) or Fault.OURS
    return Fault.OURS


def is_outage(error: BaseException) -> bool:
    """Whether a retry can succeed later without changes."""
    return fault_of(error) in {Fault.DATABASE, Fault.CONFLICT}


def is_shortage(error: BaseException) -> bool:
    """Whether the server lacks disk or memory, or cannot use its files."""
    return _state_of(error)[:2] in _SHORTAGES


def reason_of(error: BaseException) -> str | None:
    """Return what an operator has to fix, or None if the SQLSTATE does not say it."""
    state = _state_of(error)
    return _REASONS.get(state) or _REASONS.get(state[:2])


def _state_of(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""
