"""The shared fixtures."""

import aio_pika
import asyncpg
import pytest

from linktime_local.testing.databases import TemplateDatabases, empty, run_sql
from linktime_local.testing.waiting import eventually

TABLES = """
    CREATE TABLE schema_migrations (name text);
    CREATE TABLE authors (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    CREATE TABLE books (author bigint REFERENCES authors);
    CREATE TABLE days (day int) PARTITION BY RANGE (day);
    CREATE TABLE days_default PARTITION OF days DEFAULT
"""
ROWS = """
    INSERT INTO schema_migrations VALUES ('0001');
    INSERT INTO authors DEFAULT VALUES;
    INSERT INTO books VALUES (1);
    INSERT INTO days VALUES (7)
"""


class Migration:
    """A schema of one table; counts how often it is applied."""

    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self, dsn: str) -> None:
        self.runs += 1
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE notes (text text)")
        await connection.close()


async def test_each_test_gets_an_empty_copy_of_a_schema_migrated_once(
    template_databases: TemplateDatabases,
) -> None:
    """Copies do not share rows, and the migration runs once."""
    migrate = Migration()
    for _ in range(2):
        async with template_databases.fresh("copies", migrate) as dsn:
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("SELECT count(*) FROM notes") == 0
            await connection.execute("INSERT INTO notes VALUES ('mine')")
            await connection.close()
    assert migrate.runs == 1


async def test_an_emptied_database_is_like_a_new_one(
    template_databases: TemplateDatabases,
) -> None:
    """Tables that others refer to have no rows and count from 1; migrations stay recorded."""

    async def prepare(dsn: str) -> None:
        await run_sql(dsn, TABLES)

    async with template_databases.fresh("emptied", prepare) as dsn:
        await run_sql(dsn, ROWS)
        await empty(dsn)
        await run_sql(dsn, "INSERT INTO authors DEFAULT VALUES")
        connection = await asyncpg.connect(dsn)
        found = [
            [tuple(row) for row in await connection.fetch(f"SELECT * FROM {table}")]
            for table in ("authors", "books", "days", "schema_migrations")
        ]
        await connection.close()
    assert found == [[(1,)], [], [], [("0001",)]]


async def test_copy_with_an_open_connection_is_dropped(
    template_databases: TemplateDatabases,
) -> None:
    """The connection is closed."""
    async with template_databases.fresh("dropped", Migration()) as dsn:
        left = await asyncpg.connect(dsn)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await left.fetchval("SELECT 1")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn)


async def test_topology_prefix(broker_url: str, topology_prefix: str) -> None:
    """A queue with the prefix is new, and a message can be published and read."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(f"{topology_prefix}notes", durable=True)
        assert queue.declaration_result.message_count == 0
        await channel.default_exchange.publish(aio_pika.Message(b"here"), queue.name)
        message = await queue.get(timeout=5)
        assert message is not None
        assert message.body == b"here"
        await queue.delete(if_empty=False)


async def test_eventually_times_out() -> None:
    """The error contains the last value."""
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: the answer; last seen 0"):
        await eventually(lambda: 0, within=0.05, what="the answer")


async def test_eventually_returns_the_value() -> None:
    """AssertionErrors count as false; the first true value is returned."""
    seen: list[int] = []

    async def third() -> int:
        seen.append(1)
        assert len(seen) >= 3, "too early"
        return len(seen)

    assert await eventually(third, within=2, every=0.001) == 3
