"""Transactions whose COMMIT or ROLLBACK is cancelled by a deadline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from linktime_common import cleanup
from linktime_common.postgres import Connection, Database, connect
from linktime_local.testing.databases import TemplateDatabases, run_sql
from linktime_local.testing.waiting import eventually

SLOW_COMMIT = """
CREATE TABLE slow (seconds float8);
CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(NEW.seconds);
        RETURN NULL;
    END $$;
CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sleep();
"""
RUNNING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state = 'active' AND query = $1
"""
SLEEP = "SELECT pg_sleep(60)"


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    prepare = partial(run_sql, statements=SLOW_COMMIT)
    async with template_databases.fresh("slow_commit", prepare) as address:
        yield address


@pytest.fixture
async def observer(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test", size=1)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def before_it_begins(dsn: str, statement: str) -> AsyncIterator[str]:
    """Yield an address where `statement` can be cancelled before its effect begins.

    A proxy replaces it by a statement that sleeps; a busy server has this state for an instant.
    """
    target = urlsplit(dsn)

    def query(text: str) -> bytes:
        return b"Q" + (len(text) + 5).to_bytes(4) + text.encode() + b"\0"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_pass(reader, behind[1]), _pass(behind[0], writer))

    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data.replace(query(statement), query(SLEEP)))
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        login = target.netloc.rpartition("@")[0]
        yield urlunsplit(target._replace(netloc=f"{login}@127.0.0.1:{port}"))


async def _is_running(observer: Connection, statement: str) -> bool:
    return bool(await observer.fetchval(RUNNING, statement))


async def _write(database: Database, error: Exception | None = None) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO slow VALUES (60)")
        if error:
            raise error


async def _cancel(task: "asyncio.Task[None]", observer: Connection, statement: str) -> None:
    await eventually(lambda: _is_running(observer, statement))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _is_clean(database: Database) -> None:
    """The only place in the pool has a connection outside transactions; nothing was written."""
    async with database.connection() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT count(*) FROM slow") == 0


async def test_a_transaction_cancelled_in_a_slow_commit(
    dsn: str, observer: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """COMMIT waits in a deferred trigger."""
    async with connected(dsn) as database:
        task = asyncio.create_task(_write(database))
        await _cancel(task, observer, "COMMIT;")
        await _is_clean(database)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("statement", "error"), [("COMMIT;", None), ("ROLLBACK;", LookupError())], ids=str
)
async def test_a_transaction_cancelled_before_its_last_statement_begins(
    dsn: str,
    observer: Connection,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    error: Exception | None,
) -> None:
    """PostgreSQL stays in the transaction, which the next user must not get."""
    monkeypatch.setattr(cleanup, "CLEANUP_SECONDS", 30.0)
    async with before_it_begins(dsn, statement) as address, connected(address) as database:
        task = asyncio.create_task(_write(database, error))
        await _cancel(task, observer, SLEEP)
        await _is_clean(database)
    assert caplog.messages == []
