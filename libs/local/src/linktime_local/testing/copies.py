"""Databases of tests that are emptied and used again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import asyncpg

MOST_USES = 40
"""Then a new copy is faster: deleted rows stay in the tables and their indexes."""

# The newest rows of the catalogues that a change of the schema writes to, and what ANALYZE changes.
SCHEMA = """
    SELECT greatest((SELECT max(xmin::text::bigint) FROM pg_class),
                    (SELECT max(xmin::text::bigint) FROM pg_attribute),
                    (SELECT max(xmin::text::bigint) FROM pg_constraint),
                    (SELECT max(xmin::text::bigint) FROM pg_index),
                    (SELECT max(xmin::text::bigint) FROM pg_proc),
                    (SELECT max(xmin::text::bigint) FROM pg_trigger),
                    (SELECT max(xmin::text::bigint) FROM pg_type),
                    (SELECT max(xmin::text::bigint) FROM pg_extension),
                    (SELECT max(xmin::text::bigint) FROM pg_namespace))
           || ' ' || (SELECT count(*) FROM pg_class)
           || ' ' || (SELECT count(*) FROM pg_attribute)
           || ' ' || (SELECT count(*) FROM pg_constraint)
           || ' ' || (SELECT count(*) FROM pg_trigger)
           || ' ' || (SELECT count(*) FROM pg_db_role_setting)
           || ' ' || (SELECT count(*) FROM pg_statistic)
           || ' ' || (SELECT sum(relpages) FROM pg_class)
"""
TABLES = """
    SELECT quote_ident(nspname) || '.' || quote_ident(relname)
      FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)
      FROM pg_sequences
     WHERE last_value IS NOT NULL
"""


@dataclass
class Copy:
    """A copy of a template, with what it contained when it was made."""

    name: str
    schema: str
    tables: tuple[str, ...]
    contents: dict[str, str]
    """A hash of the rows of each table that is not empty."""

    uses: int = 0

    @classmethod
    async def of(cls, name: str, dsn: str) -> Self:
        """Return a copy that was just made."""
        connection = await asyncpg.connect(dsn)
        try:
            tables = tuple([row[0] for row in await connection.fetch(TABLES)])
            contents = await _contents(connection, await _filled(connection, tables))
            return cls(name, await connection.fetchval(SCHEMA), tables, contents)
        finally:
            await connection.close()

    async def empty(self, dsn: str) -> bool:
        """Delete what a test has written; returns whether the copy is as it was made."""
        self.uses += 1
        if self.uses >= MOST_USES:
            return False
        connection = await asyncpg.connect(dsn)
        try:
            return await self._empty(connection)
        finally:
            await connection.close()

    async def _empty(self, connection: asyncpg.Connection) -> bool:
        if await connection.fetchval(SCHEMA) != self.schema:
            return False
        filled = await _filled(connection, self.tables)
        if await _contents(connection, self.contents) != self.contents:
            return False
        written = [table for table in filled if table not in self.contents]
        deletions = "".join(f"DELETE FROM {table};" for table in written)
        # No trigger runs, so the order of the tables does not matter.
        await connection.execute(f"SET session_replication_role = replica; {deletions}")
        await connection.execute(RESTART_SEQUENCES)
        return True


async def _filled(connection: asyncpg.Connection, tables: tuple[str, ...]) -> list[str]:
    """Return the tables that have rows."""
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables
    )
    return [row[0] for row in await connection.fetch(asked)] if tables else []


async def _contents(connection: asyncpg.Connection, tables: Iterable[str]) -> dict[str, str]:
    """Return a hash of the rows of each table."""
    asked = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} AS t"
    return {table: await connection.fetchval(asked.format(table)) for table in tables}
