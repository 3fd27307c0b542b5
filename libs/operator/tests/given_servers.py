"""What a stack leaves on given servers."""

import asyncpg


async def databases(dsn: str, like: str) -> int:
    """Count the databases whose names begin with `like`."""
    connection = await asyncpg.connect(dsn)
    try:
        found = "SELECT count(*) FROM pg_database WHERE datname LIKE $1"
        return int(await connection.fetchval(found, f"{like}%"))
    finally:
        await connection.close()
