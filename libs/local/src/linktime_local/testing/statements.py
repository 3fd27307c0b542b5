"""What is passed for each parameter of a statement, against the type that PostgreSQL infers for it.

asyncpg converts without a word: 0.25 for what PostgreSQL takes for an int4 becomes 0, and a text
passes for a uuid. So the statements that services run in tests are noted with the kinds of their
arguments, and prepared once more, on the same schema, when a test's database is dropped.
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
    "oid": {"int"},  # what asyncpg asks about types
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
"""By PostgreSQL's name of a type, what may be passed for it, alone or in an array."""

_CLASSES = (bool, int, float, Decimal, str, UUID, bytes, date, timedelta)

Kinds = tuple[frozenset[str], ...]
"""For each parameter, the kinds of what was passed, or of its entries."""


class Statements:
    """The statements of one run, by database."""

    def __init__(self) -> None:
        self._noted: dict[str, set[tuple[str, Kinds]]] = {}
        self._good: set[tuple[str, Kinds]] = set()

    def note(self, ran: "asyncpg.connection.LoggedQuery") -> None:
        """A statement that a service ran; one of a test's own connection has no name."""
        if "application_name" not in (ran.conn_params.server_settings or {}) or ran.exception:
            return
        one = ran.query, tuple(frozenset(_kinds(value)) for value in ran.args)
        if ran.args and one not in self._good:
            self._noted.setdefault(ran.conn_params.database, set()).add(one)

    async def check(self, dsn: str, database: str) -> None:
        """Raise AssertionError for what was passed where PostgreSQL infers another type."""
        noted = self._noted.pop(database, set()) - self._good
        if not noted:
            return
        connection = await asyncpg.connect(dsn)
        try:
            wrong = [found for one in noted for found in await _wrong(connection, *one)]
        finally:
            await connection.close()
        assert not wrong, "\n".join(wrong)
        self._good |= noted


STATEMENTS = Statements()


def watch() -> None:
    """Note what every connection of this process runs from now on."""
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
            found.append(f"${number} is {kind.name}, and what is passed is {got}:{query}")
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
