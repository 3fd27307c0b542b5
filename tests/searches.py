"""A search for texts in all databases of a stack."""

import asyncpg

from linktime_operator.stack.stack import Stack

TABLES = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)


async def tables_with(stack: Stack, *texts: str) -> set[str]:
    """Return the tables that contain one of the texts, in columns of text, JSON or bytes."""
    found = set()
    patterns = [f"%{form}%" for text in texts for form in (text, text.encode().hex())]
    for service, database in stack.file.postgres.databases.items():
        connection = await asyncpg.connect(database.dsn)
        try:
            for (table,) in await connection.fetch(TABLES):
                query = f"SELECT 1 FROM {table} AS t WHERE t::text ILIKE ANY ($1) LIMIT 1"
                if await connection.fetch(query, patterns):
                    # A partition is named after its table and a day.
                    found.add(f"{service}.{table}")
        finally:
            await connection.close()
    return found


def covers(found: set[str], wanted: set[str]) -> bool:
    return all(any(one.startswith(name) for one in found) for name in wanted)
