"""Statements of tests."""

from typing import Any

from linktime_common.postgres import Database


async def rows(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, *values)]


async def change(database: Database, statement: str, *values: object) -> None:
    """Execute a statement."""
    async with database.connection() as connection:
        await connection.execute(statement, *values)


async def lock_waiters(database: Database) -> int:
    """Return how many sessions wait for a lock."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    ((waiting,),) = await rows(database, statement)
    return int(waiting)


async def events(database: Database) -> list[str]:
    """Return the types of all events, in order."""
    found = await rows(database, "SELECT routing_key FROM outbox ORDER BY seq")
    return [routing_key.removesuffix(".v1") for (routing_key,) in found]
