"""The fixtures other tests stand on."""

import aio_pika
import asyncpg
import pytest

from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.waiting import eventually


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
    """What one copy holds is not in the next, and the migration runs a single time."""
    migrate = Migration()
    for _ in range(2):
        async with template_databases.fresh("copies", migrate) as dsn:
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("SELECT count(*) FROM notes") == 0
            await connection.execute("INSERT INTO notes VALUES ('mine')")
            await connection.close()
    assert migrate.runs == 1


async def test_a_copy_is_dropped_though_a_connection_was_left(
    template_databases: TemplateDatabases,
) -> None:
    """A test that forgets a connection leaves no database behind."""
    async with template_databases.fresh("dropped", Migration()) as dsn:
        left = await asyncpg.connect(dsn)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await left.fetchval("SELECT 1")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn)


async def test_names_of_a_test_reach_no_other(broker_url: str, topology_prefix: str) -> None:
    """A queue under the prefix is new, and takes and gives a message."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(f"{topology_prefix}notes", durable=True)
        assert queue.declaration_result.message_count == 0
        await channel.default_exchange.publish(aio_pika.Message(b"here"), queue.name)
        message = await queue.get(timeout=5)
        assert message is not None
        assert message.body == b"here"
        await queue.delete(if_empty=False)


async def test_waiting_says_what_was_last_seen() -> None:
    """A condition that never comes ends in time with what was seen last."""
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: the answer; last seen 0"):
        await eventually(lambda: 0, within=0.05, what="the answer")


async def test_waiting_returns_what_it_waited_for() -> None:
    """Assertions in the check count as not yet; the first true value is given back."""
    seen: list[int] = []

    async def third() -> int:
        seen.append(1)
        assert len(seen) >= 3, "too early"
        return len(seen)

    assert await eventually(third, within=2, every=0.001) == 3
