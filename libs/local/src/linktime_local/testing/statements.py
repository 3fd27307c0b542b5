"""Compares the types of statements' arguments with the types that PostgreSQL infers.

asyncpg converts silently: 0.25 for an int4 becomes 0, and it accepts a text for a uuid. So the
statements of services in tests are recorded with the types of their arguments, and prepared again,
on the same schema, when a test's database is dropped.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

ANYTHING = frozenset[str]()
FITS = {
    "bool": {"bool"},
    "int2": {"int"},
    "int4": {"int"},
    "int8": {"int"},
    "oid": {"int"},  # in asyncpg's queries for types
    "float8": {"float", "int"},
    "numeric": {"Decimal", "int"},
    "text": {"str"},
    "varchar": {"str"},
    "uuid": {"UUID"},
    "bytea": {"bytes"},
    "date": {"date"},
    "timestamptz": {"datetime with a zone"},
    "timestamp": {"datetime without a zone"},
    "interval": {"timedelta"},
    "jsonb": ANYTHING,
}
"""The Python types accepted for each PostgreSQL type, alone or in an array."""

_CLASSES = (bool, int, float, Decimal, str, UUID, bytes, date, timedelta)

Kinds = tuple[frozenset[str], ...]
"""For each parameter, the types of its arguments, or of their entries."""


class Statements:
    """The statements of one run by database."""

    def __init__(self) -> None:
        self._recorded: dict[str, set[tuple[str, Kinds]]] = {}
        self._checked: set[tuple[str, Kinds]] = set()

    def note(self, ran: "asyncpg.connection.LoggedQuery") -> None:
        """Record a statement of a service; connections of tests have no application name."""
        if "application_name" not in (ran.conn_params.server_settings or {}) or ran.exception:
            return
        # A statement that ran many times is logged once, with a list of the arguments of each.
        for args in ran.args if isinstance(ran.args, list) else [ran.args]:
            one = ran.query, tuple(frozenset(_kinds(value)) for value in args)
            if args and one not in self._checked:
                self._recorded.setdefault(ran.conn_params.database, set()).add(one)

    async def check(self, dsn: str, database: str) -> None:
        """Raise AssertionError for arguments whose types PostgreSQL does not infer."""
        recorded = self._recorded.pop(database, set()) - self._checked
        if not recorded:
            return
        connection = await asyncpg.connect(dsn)
        try:
            wrong = [found for one in recorded for found in await _wrong(connection, *one)]
        finally:
            await connection.close()
        assert not wrong, "\n".join(wrong)
        self._checked |= recorded


STATEMENTS = Statements()


def watch() -> None:
    """Record the statements of all connections of this process from now on."""
    connect = asyncpg.Connection.__init__

    def connect_and_watch(self: Any, *args: Any, **named: Any) -> None:
        connect(self, *args, **named)
        self.add_query_logger(STATEMENTS.note)

    asyncpg.Connection.__init__ = connect_and_watch  # type: ignore[method-assign]


async def _wrong(connection: Any, query: str, passed: Kinds) -> list[str]:
    statement = await connection.prepare(query)
    found = []
    for number, (kind, kinds) in enumerate(
        zip(statement.get_parameters(), passed, strict=True), start=1
    ):
        fits = FITS.get(kind.name.removesuffix("[]"), {"str"})
        if fits is not ANYTHING and not kinds <= fits:
            got = ", ".join(sorted(kinds))
            found.append(f"${number} is {kind.name}, but the argument is {got}:{query}")
    return found


def _kinds(value: Any) -> Iterable[str]:
    if isinstance(value, list | tuple):
        for entry in value:
            yield from _kinds(entry)
    elif isinstance(value, datetime):
        yield "datetime without a zone" if value.tzinfo is None else "datetime with a zone"
    elif value is not None:
        kinds = (kind for kind in _CLASSES if isinstance(value, kind))
        yield next(kinds, type(value)).__name__
