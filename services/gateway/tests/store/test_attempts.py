"""The table of attempts under concurrency."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from linktime_gateway.domain.attempts import FORGOTTEN_AFTER
from linktime_gateway.store import attempts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT, ADDRESS = "account a@example.com", "address 192.0.2.1"
BOTH = f"{ACCOUNT}, {ADDRESS}"
ALL = "SELECT subject, attempts FROM sign_in_attempts ORDER BY subject"


async def test_concurrent_attempts_are_counted_without_deadlocks(
    database_dsn: str,
) -> None:
    """Counting, forgetting and clearing lock the same rows; a deadlock would raise."""
    async with asyncpg.create_pool(database_dsn, min_size=8, max_size=8) as pool:

        async def attempt() -> None:
            async with pool.acquire() as connection:
                async with connection.transaction():
                    await attempts.lock(connection, [BOTH, ADDRESS, ACCOUNT], NOW)
                    await attempts.count(connection, [ADDRESS, BOTH, ACCOUNT], NOW)
                await attempts.forget(connection, [BOTH, ACCOUNT])
                await attempts.clear(connection, NOW)

        async def attempt_without_answer() -> None:
            async with pool.acquire() as connection:
                async with connection.transaction():
                    before = await attempts.lock(connection, [ACCOUNT, BOTH, ADDRESS], NOW)
                    await attempts.count(connection, [ADDRESS, BOTH, ACCOUNT], NOW)
                await attempts.take_back(connection, before, NOW)

        await asyncio.gather(*(attempt() for _ in range(60)))
        before = await pool.fetch(ALL)
        await asyncio.gather(*(attempt_without_answer() for _ in range(60)), attempt())
        await pool.execute("DELETE FROM sign_in_attempts WHERE attempts = 0")
        assert [tuple(row) for row in before] == [(ADDRESS, 60)]
        assert [tuple(row) for row in await pool.fetch(ALL)] == [(ADDRESS, 61)]


async def test_old_attempts_are_forgotten(database_dsn: str) -> None:
    """They do not count, and are then deleted."""
    connection = await asyncpg.connect(database_dsn)
    try:
        async with connection.transaction():
            await attempts.lock(connection, [ADDRESS], NOW)
            await attempts.count(connection, [ADDRESS], NOW)
        almost, later = NOW + FORGOTTEN_AFTER - timedelta(seconds=1), NOW + FORGOTTEN_AFTER
        assert (await attempts.lock(connection, [ADDRESS], almost))[ADDRESS].number == 1
        assert (await attempts.lock(connection, [ADDRESS], later))[ADDRESS].number == 0
        await attempts.clear(connection, almost)
        assert len(await connection.fetch(ALL)) == 1
        await attempts.clear(connection, later)
        assert await connection.fetch(ALL) == []
    finally:
        await connection.close()
