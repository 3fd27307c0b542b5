"""Errors of PostgreSQL and their classification for HTTP and messaging."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from linktime_common.errors import Contended, Unavailable
from linktime_common.http.errors import reply_to
from linktime_common.messaging.outages import Outage, outages
from linktime_common.postgres import Database, connect, repeat_contended
from linktime_local.testing.waiting import eventually

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'hello' USING ERRCODE = '{}'; END $$"
LOCK = "SELECT pg_advisory_xact_lock($1)"

DATABASES = "08000 08006 08P01 25006 25P03 25P04 40003 53000 53100 53200 53300 53400 55P03 57000"
DATABASES += " 57014 57P01 57P02 57P03 57P04 57P05 58000 58030 58P01 40001 40P01"
CALLERS = "22001 22003 22007 22008 22021 22P05 54000"
OURS = "22012 23505 25P02 40002 42501 42601 42703 42P01 P0001 XX000 XX001 XX002"


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    database = await connect(postgres_dsn, application_name="test", size=3)
    yield database
    await database.close()


async def _raised(database: Database, statement: str) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is asked
        async with database.transaction() as connection:
            await connection.execute(statement)
    return caught.value


@pytest.mark.parametrize(
    ("state", "status"),
    [
        *((state, 503) for state in DATABASES.split()),
        *((state, 400) for state in CALLERS.split()),
        *((state, 500) for state in OURS.split()),
    ],
)
async def test_http_and_messaging_judge_alike(database: Database, state: str, status: int) -> None:
    """HTTP returns 503 exactly where a message waits without counting an attempt."""
    error = await _raised(database, RAISE.format(state))
    answer = reply_to(error, {})
    assert answer.status == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    with pytest.raises(Outage if status == 503 else asyncpg.PostgresError), outages():
        raise error
    assert isinstance(answer.body, bytes)
    assert b"hello" not in answer.body


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL statement_timeout = 20; SELECT pg_sleep(60)",
        "SET LOCAL lock_timeout = 20; SELECT pg_advisory_lock(7)",
        "SET LOCAL transaction_read_only = on; CREATE TABLE refused ()",
        "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)",
        "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)",
    ],
)
async def test_refused_and_ended_connections_are_unavailable(
    database: Database, statement: str
) -> None:
    """Provoked in PostgreSQL, and the pool is intact afterwards."""
    async with database.connection() as other:
        await other.execute("SELECT pg_advisory_lock(7)")
        error = await _raised(database, statement)
        assert type(error) is Unavailable
        await other.execute("SELECT pg_advisory_unlock(7)")
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_too_many_connections_are_unavailable(database: Database, postgres_dsn: str) -> None:
    """At the start, and when a pool grows."""
    role, password = f"narrow_{uuid4().hex}", "secret"
    async with database.connection() as connection:
        await connection.execute(
            f"CREATE ROLE {role} LOGIN PASSWORD '{password}' CONNECTION LIMIT 1"
        )
    url = urlsplit(postgres_dsn)
    netloc = f"{role}:{password}@{url.hostname}:{url.port}"
    dsn = urlunsplit(url._replace(netloc=netloc))
    try:
        narrow = await connect(dsn, application_name="test")
        async with narrow.connection():
            with pytest.raises(Unavailable):
                async with narrow.separate_connection():
                    pass
            with pytest.raises(Unavailable):
                async with narrow.connection():
                    pass
        async with narrow.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
        await narrow.close()
    finally:
        async with database.connection() as connection:
            await eventually(lambda: _dropped(connection, role))


async def _dropped(connection: asyncpg.Connection, role: str) -> bool:
    await connection.execute(f"DROP ROLE IF EXISTS {role}")
    return True


async def test_the_loser_of_a_deadlock_goes_again(database: Database) -> None:
    """Two transactions that wait for each other both succeed."""
    rounds: list[int] = []
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        rounds.append(first)
        async with database.transaction() as connection:
            await connection.execute(LOCK, first)
            if len(rounds) == 2:
                await both.wait()
            await connection.execute(LOCK, second)

    await asyncio.gather(
        repeat_contended(lambda: lock(81, 82)), repeat_contended(lambda: lock(82, 81))
    )
    assert len(rounds) == 3


async def test_contention_without_end_is_an_outage(database: Database) -> None:
    """Then the message waits, and HTTP returns 503 with Retry-After."""

    async def lose() -> None:
        async with database.transaction() as connection:
            await connection.execute(RAISE.format("40001"))

    with pytest.raises(Contended):
        await repeat_contended(lose)
