"""A table's columns, named once; statements and rows are built from them.

Statements stay constants that read as SQL:

    CONTACT = Columns("id", "owner_id", "name")
    INSERT = f"INSERT INTO contacts ({CONTACT}) VALUES ({CONTACT.placeholders()})"
"""

from collections.abc import Mapping
from typing import Any, Protocol


class _Row(Protocol):
    """A record of asyncpg, or a dict."""

    def __getitem__(self, name: str, /) -> Any: ...


class Columns:
    """The columns of one object, in the order in which its values are passed.

    A column with the same name as its field is given as a name, any other as `field="column"`.
    """

    def __init__(self, *same: str, **others: str) -> None:
        self._by_field = {name: name for name in same} | others
        self._columns = tuple(self._by_field.values())
        if len(set(self._columns)) != len(same) + len(others):
            raise ValueError(f"A column is named twice: {self}")

    def __str__(self) -> str:
        """`a, b`, for SELECT, INSERT and RETURNING."""
        return ", ".join(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __add__(self, other: "Columns") -> "Columns":
        """Return the columns of both; fields are then named as their columns."""
        return Columns(*self._columns, *other._columns)

    def without(self, *columns: str) -> "Columns":
        """Return the columns without these, in the same order."""
        unknown = set(columns) - set(self._columns)
        if unknown:
            raise ValueError(f"Not among the columns: {', '.join(sorted(unknown))}")
        return Columns(
            **{field: name for field, name in self._by_field.items() if name not in columns}
        )

    def qualified(self, table: str) -> str:
        """`t.a, t.b`."""
        return ", ".join(f"{table}.{name}" for name in self._columns)

    def placeholders(self, *, first: int = 1) -> str:
        """`$1, $2`."""
        return ", ".join(f"${number}" for number, _ in enumerate(self._columns, first))

    def typed_placeholders(self, types: Mapping[str, str], *, first: int = 1) -> str:
        """`$1::uuid, $2::text`, for SELECT; a column without a type in `types` is text."""
        return ", ".join(
            f"${number}::{types.get(name, 'text')}"
            for number, name in enumerate(self._columns, first)
        )

    def arguments(self, *, first: int = 1) -> str:
        """`a => $1, b => $2`, for a function whose parameters have the columns' names."""
        return ", ".join(f"{name} => ${number}" for number, name in enumerate(self._columns, first))

    def assignments(self, *, first: int) -> str:
        """`a = $3, b = $4`, for UPDATE."""
        return ", ".join(f"{name} = ${number}" for number, name in enumerate(self._columns, first))

    def assignments_from(self, row: str) -> str:
        """`a = excluded.a, b = excluded.b`, for ON CONFLICT and UPDATE … FROM."""
        return ", ".join(f"{name} = {row}.{name}" for name in self._columns)

    def assignments_of(self, value: str) -> str:
        """`a = NULL, b = NULL`."""
        return ", ".join(f"{name} = {value}" for name in self._columns)

    def values(self, kept: object) -> list[Any]:
        """Return the object's field values, in column order."""
        return [getattr(kept, field) for field in self._by_field]

    def fields(self, row: _Row) -> dict[str, Any]:
        """Return the object's fields by name, from a row with these columns."""
        return {field: row[name] for field, name in self._by_field.items()}


class ArrayColumns(Columns):
    """Columns of many rows at once, each with its SQL type: `ArrayColumns(id="uuid")`."""

    def __init__(self, **types: str) -> None:
        super().__init__(*types)
        self._types = tuple(types.values())

    def arrays(self, *, first: int = 1) -> str:
        """`$1::uuid[], $2::text[]`, for unnest."""
        return ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(self._types, first))
