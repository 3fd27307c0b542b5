"""Lost connections, wrong arguments and high load at a database pool."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from linktime_common import postgres
from linktime_common.errors import OutcomeUnknown, Unavailable
from linktime_common.pool_turns import NONE_FREE
from linktime_common.postgres import Database, connect
from linktime_common.write_checks import IS_WRITABLE

KILL = "SELECT pg_terminate_backend($1)"


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    database = await connect(postgres_dsn, application_name="test", size=2)
    yield database
    await database.close()


async def kill(dsn: str, victim: int) -> None:
    other = await asyncpg.connect(dsn)
    await other.execute(KILL, victim)
    await other.close()


async def test_a_wrong_argument_is_not_an_outage(database: Database) -> None:
    """Data that PostgreSQL cannot store is the request's fault, never an outage."""
    with pytest.raises(asyncpg.DataError):
        async with database.transaction() as connection:
            await connection.fetchval("SELECT $1::uuid", "no uuid")
    with pytest.raises(asyncpg.InterfaceError):
        async with database.connection() as connection:
            await connection.fetchval("SELECT 1", "one argument too many")


async def test_a_connection_lost_before_commit(database: Database, postgres_dsn: str) -> None:
    """Nothing was written: unavailable; and the pool opens a new connection."""
    with pytest.raises(Unavailable) as caught:
        async with database.transaction() as connection:
            await kill(postgres_dsn, await connection.fetchval("SELECT pg_backend_pid()"))
            await connection.execute("SELECT 1")
    assert not isinstance(caught.value, OutcomeUnknown)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_connection_lost_in_commit(database: Database, postgres_dsn: str) -> None:
    """The outcome is unknown, with an error that says so."""
    with pytest.raises(OutcomeUnknown):
        async with database.transaction() as connection:
            await kill(postgres_dsn, await connection.fetchval("SELECT pg_backend_pid()"))


async def test_a_connection_lost_in_a_single_write(database: Database, postgres_dsn: str) -> None:
    """A single-statement transaction may have been committed; an invalid one was not."""
    with pytest.raises(OutcomeUnknown):
        async with database.single_write() as connection:
            await kill(postgres_dsn, await connection.fetchval("SELECT pg_backend_pid()"))
            await connection.execute("SELECT 1")
    with pytest.raises(asyncpg.DataError):
        async with database.single_write() as connection:
            await connection.fetchval("SELECT $1::uuid", "no uuid")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with database.single_write() as connection:
            await connection.execute("SELECT 1 / 0")


async def test_no_session_state_is_left_in_the_pool(database: Database) -> None:
    """Connections are not reset: locks and settings of a transaction end with it."""
    key = 4711
    async with database.transaction() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        await connection.execute("SELECT pg_advisory_xact_lock($1)", key)
        await connection.execute("SET LOCAL work_mem = '123kB'")
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == backend
        assert await connection.fetchval("SHOW work_mem") != "123kB"
        found = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"
        assert await connection.fetchval(found, key) == 0


async def test_waiters_are_served_in_order_or_time_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits longer than the limit for a connection."""
    monkeypatch.setattr(postgres, "ACQUIRE_SECONDS", 0.2)

    async def hold(seconds: float) -> None:
        async with database.connection() as connection:
            await connection.execute("SELECT pg_sleep($1)", seconds)

    holders = [asyncio.create_task(hold(0.6)) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable):
        await hold(0)
    await asyncio.gather(*holders)
    await hold(0)


async def test_a_pool_without_a_free_connection_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all wait for a lock or a stopped server, for example."""
    monkeypatch.setattr(postgres, "ACQUIRE_SECONDS", 0.2)
    async with database.connection(), database.connection():
        assert await database.find_problem() == NONE_FREE
    assert await database.find_problem() is None


async def test_listeners_are_called_after_a_commit_with_events(database: Database) -> None:
    """A relay is woken by a commit that wrote events, not by others and not by a rollback."""
    calls: list[bool] = []
    database.on_events.append(lambda: calls.append(True))
    async with database.transaction() as connection:
        await connection.execute("SELECT 1")
    assert calls == []
    with pytest.raises(RuntimeError):
        async with database.transaction():
            postgres.events_were_written()
            raise RuntimeError
    assert calls == []
    async with database.transaction():
        postgres.events_were_written()
        assert calls == []
    assert calls == [True]
    async with database.single_write():
        postgres.events_were_written()
    assert calls == [True, True]


async def _refusal(dsn: str) -> str:
    """Return the one logged reason for an unusable database."""
    database = await connect(dsn, application_name="test")
    try:
        with capture_logs() as lines:
            assert await database.find_problem()
            assert await database.find_problem()
        with pytest.raises(Unavailable):
            async with database.separate_connection():
                pass
    finally:
        await database.close()
    # Connections of earlier tests may still log their end.
    (line,) = [one for one in lines if one["event"] == "the database cannot be used"]
    assert line["log_level"] == "warning"
    assert "exc_info" not in line
    return str(line["reason"])


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    """With one kind of error for all socket errors; the pool itself is created."""
    reason = await _refusal("postgresql://nobody@127.0.0.1:1/none")
    assert reason == "the database cannot be reached: connection refused"


async def test_a_missing_database_is_named(postgres_dsn: str) -> None:
    """An operator's mistake is a line in the log; the process continues."""
    reason = await _refusal(urlunsplit(urlsplit(postgres_dsn)._replace(path="/none_such")))
    assert reason == "PostgreSQL has no database of this name"


async def test_a_refused_login_is_named(postgres_dsn: str) -> None:
    """The same for a user that PostgreSQL does not know."""
    server = urlsplit(postgres_dsn).netloc.rpartition("@")[2]
    url = urlsplit(postgres_dsn)._replace(netloc=f"none_such:wrong@{server}")
    reason = await _refusal(urlunsplit(url))
    assert reason == "PostgreSQL refuses the user or the password"


READ_ONLY = "SET default_transaction_read_only = on"


async def test_a_connection_to_a_read_only_server_is_not_used_again(
    database: Database,
) -> None:
    """After a failover the same address leads to a server that accepts the write."""
    write = "CREATE TEMPORARY TABLE written ()"
    async with database.connection() as connection:
        await connection.execute(READ_ONLY)
    with pytest.raises(Unavailable):
        async with database.transaction() as connection:
            await connection.execute(write)
    async with database.transaction() as connection:
        await connection.execute(write)


async def test_a_read_only_server_is_not_reachable(database: Database) -> None:
    """Readiness detects it, and no pooled connection to it is left."""
    async with database.connection() as one, database.connection() as other:
        await one.execute(READ_ONLY)
        await other.execute(READ_ONLY)
    assert await database.find_problem()
    assert await database.find_problem() is None
    async with database.connection() as one, database.connection() as other:
        for connection in (one, other):
            assert await connection.fetchval(IS_WRITABLE)
