"""What a migration may contain: squawk's rules, and those that squawk does not have.

docs/adding-a-migration.md describes them with examples.
"""

import re
from collections.abc import Collection, Iterator

from linktime_common.migration_files import Migration, MigrationMode

EXCLUDED = frozenset(
    {
        # The runner sets both for every file, and runs a file in a transaction.
        "require-lock-timeout",
        "require-statement-timeout",
        "prefer-robust-stmts",
        # Counts and minutes are integers.
        "prefer-bigint-over-int",
        "prefer-bigint-over-smallint",
    }
)
CONTRACTING = frozenset(
    {
        "adding-not-nullable-field",
        "ban-drop-column",
        "ban-drop-constraint",
        "ban-drop-default",
        "ban-drop-function",
        "ban-drop-not-null",
        "ban-drop-schema",
        "ban-drop-table",
        "ban-drop-type",
        "ban-drop-view",
        "changing-column-type",
        "renaming-column",
        "renaming-object",
        "renaming-table",
    }
)
"""Squawk's rules that a contract step may break."""

_IGNORED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|(\$\w*\$).*?\1", re.DOTALL)
_DROPPED = re.compile(r"\bDROP CONSTRAINT (?:IF EXISTS )?(\w+)")
_ADDED = re.compile(r"\bADD CONSTRAINT (\w+)")
_REWRITING = re.compile(r"^ALTER TABLE .*\bSET (?:UNLOGGED|LOGGED|TABLESPACE|ACCESS METHOD)\b")
_BLOCKING = frozenset({"TRUNCATE", "CLUSTER", "VACUUM", "LOCK", "REFRESH"})


def refusals(migration: Migration, releases: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with a file beside squawk's findings, as sentences."""
    if "squawk-ignore" in migration.sql:
        yield "squawk-ignore is not permitted"
    release = migration.contract_after
    if release is not None and release not in releases:
        yield (
            f"{release} is not released: a contract step comes after the release whose code does "
            "not use what it removes (CHANGELOG.md lists the releases)"
        )
    for statement in statements(migration.sql):
        yield from _refusals(statement, migration)


def replaces_constraints(sql: str) -> bool:
    """Whether each dropped constraint is added again, such as a CHECK that permits more values."""
    code = " ; ".join(statements(sql))
    return set(_DROPPED.findall(code)) <= set(_ADDED.findall(code))


def statements(sql: str) -> list[str]:
    """Return the statements in capitals, without comments, quoted texts and bodies of functions."""
    code = _IGNORED.sub(" ", sql).upper()
    return [text for part in code.split(";") if (text := " ".join(part.split()))]


def _refusals(statement: str, migration: Migration) -> Iterator[str]:
    first, _blank, rest = statement.partition(" ")
    is_contract = migration.contract_after is not None
    if first == "DO":
        yield "DO hides its statements from the rules: write them into the file"
    if _changes_rows(first, rest) and migration.mode is not MigrationMode.BATCHES:
        yield f"{first} changes rows of a table in use: a file of its own, `-- migrate: batches`"
    if " CONCURRENTLY " in statement and migration.mode is not MigrationMode.CONCURRENTLY:
        yield "CONCURRENTLY works outside of a transaction only: mark it `-- migrate: concurrently`"
    if is_contract:
        return
    if first == "DROP":
        yield f"{statement[:60]}: only in a step marked `-- migrate: contract after <release>`"
    if first in _BLOCKING or _REWRITING.match(statement):
        yield f"{statement[:60]}: blocks the table, or rewrites it"


def _changes_rows(first: str, rest: str) -> bool:
    return first in {"UPDATE", "DELETE", "WITH", "MERGE"} or (
        first == "INSERT" and " SELECT " in rest and " FROM " in rest
    )
