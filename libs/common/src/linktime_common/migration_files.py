"""Files of migrations: their markers, and what PostgreSQL is asked to do with them.

docs/adding-a-migration.md describes the markers, which are comments in the first lines.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

MARKER = "-- migrate:"
_BATCHED = frozenset({"UPDATE", "DELETE", "INSERT", "WITH"})


class MigrationError(Exception):
    """A migration cannot be applied; its text is one sentence for the operator."""


class MigrationMode(StrEnum):
    """How the statements of a file are run."""

    TRANSACTION = "transaction"
    """All in one transaction: what a file without a marker gets."""
    CONCURRENTLY = "concurrently"
    """One statement outside of a transaction: an index made or dropped while writes continue."""
    BATCHES = "batches"
    """One statement, repeated until it changes no row; each repetition is committed."""


@dataclass(frozen=True)
class Migration:
    """One file. `contract_after` is the first release that does not use what the file removes."""

    name: str
    sql: str
    mode: MigrationMode = MigrationMode.TRANSACTION
    contract_after: str | None = None

    @classmethod
    def parse(cls, name: str, sql: str) -> "Migration":
        """Read the markers; raises MigrationError if the file does not suit them."""
        lines = sql.splitlines()
        marked = len(list(takewhile(lambda line: line.startswith(MARKER), lines)))
        if any(line.lstrip().startswith(MARKER) for line in lines[marked:]):
            raise MigrationError(f"{name}: a line `{MARKER} …` must be among the first lines")
        mode = MigrationMode.TRANSACTION
        release: str | None = None
        for line in lines[:marked]:
            match line.removeprefix(MARKER).split():
                case ["concurrently" | "batches" as word]:
                    mode = MigrationMode(word)
                case ["contract", "after", named]:
                    release = named
                case _:
                    raise MigrationError(f"{name}: the marker `{line}` is not known")
        migration = cls(name, sql, mode, release)
        migration._check()
        return migration

    @property
    def index(self) -> str | None:
        """Return the name of the index that a file outside of a transaction makes."""
        match self._words():
            case ["CREATE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS", name, "ON", *_]:
                return name.lower()
            case ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS", name, *_]:
                return name.lower()
        return None

    def _check(self) -> None:
        if self.mode is MigrationMode.TRANSACTION:
            return
        words = self._words()
        if ";" in " ".join(words).removesuffix(";"):
            raise MigrationError(f"{self.name}: a file marked `{self.mode}` has one statement")
        if self.mode is MigrationMode.CONCURRENTLY and not (
            self.index or words[:5] == ["DROP", "INDEX", "CONCURRENTLY", "IF", "EXISTS"]
        ):
            raise MigrationError(
                f"{self.name}: a file marked `concurrently` begins with CREATE [UNIQUE] INDEX "
                "CONCURRENTLY IF NOT EXISTS or DROP INDEX CONCURRENTLY IF EXISTS"
            )
        if self.mode is MigrationMode.BATCHES and not (
            words[:1] and words[0] in _BATCHED and "LIMIT" in words and "SKIP" not in words
        ):
            # With SKIP LOCKED, a batch without rows would not mean that all are changed.
            raise MigrationError(
                f"{self.name}: a file marked `batches` is an UPDATE, DELETE or INSERT with a LIMIT "
                "and without SKIP LOCKED"
            )

    def _words(self) -> list[str]:
        """Return the words without comments, in capitals."""
        code = [line for line in self.sql.splitlines() if not line.lstrip().startswith("--")]
        return " ".join(code).replace("(", " ( ").replace(")", " ) ").upper().split()


def checksum(sql: str) -> str:
    """Return what the history compares a file with."""
    return hashlib.sha256(sql.encode()).hexdigest()
