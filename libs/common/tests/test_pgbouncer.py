"""A pool behind a real PgBouncer in transaction mode."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from tests.pages import section

from linktime_common.connection_errors import NO_DIRECT_DSN
from linktime_common.errors import Unavailable
from linktime_common.listening import keep_listening
from linktime_common.migrate import MESSAGING, migrate
from linktime_common.postgres import Database, connect
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.pgbouncer import pgbouncer
from linktime_local.testing.waiting import eventually

SESSIONS = 2
SETTINGS = section("docs/running.md", "PgBouncer").partition("```ini\n")[2].partition("```")[0]
OPEN = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'test'
"""


@pytest.fixture(scope="module")
async def direct_dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async def prepare(address: str) -> None:
        await migrate(address, MESSAGING)

    async with template_databases.fresh("pgbouncer", prepare) as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def dsn(direct_dsn: str) -> AsyncIterator[str]:
    """The database behind a PgBouncer with the documented settings, and few sessions."""
    server = urlsplit(direct_dsn)
    settings = SETTINGS.replace("host=postgres", f"host={server.hostname} port={server.port}")
    settings += f"default_pool_size = {SESSIONS}\n"
    async with pgbouncer(settings, {str(server.username): str(server.password)}) as address:
        netloc = f"{server.username}:{server.password}@{address}"
        yield urlunsplit(server._replace(netloc=netloc))


@pytest.fixture
async def database(dsn: str, direct_dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test", direct_dsn=direct_dsn)
    yield database
    await database.close()


@pytest.mark.usefixtures("long_connection_wait")
async def test_statements_share_the_sessions_of_the_server(database: Database) -> None:
    """Outside and in transactions, with arguments of each kind; more callers than sessions."""
    both = asyncio.Barrier(2)

    async def read(number: int) -> object:
        async with database.connection() as connection:
            query = "SELECT $1::int, $2::jsonb, $3::text[], $4::oid::regtype"
            return tuple(await connection.fetchrow(query, number, {"a": 1}, ["b"], 23) or ())

    async def write(number: int) -> object:
        async with database.transaction() as connection:
            if number < SESSIONS:
                await both.wait()  # so that every session is open
            await connection.execute("SET LOCAL work_mem = '123kB'")
            found = await connection.fetchval("SELECT $1 || current_setting('work_mem')", "=")
            return number, found

    written = await asyncio.gather(*map(write, range(40)), *map(read, range(40)))
    assert written == [(n, "=123kB") for n in range(40)] + [
        (n, {"a": 1}, ["b"], "integer") for n in range(40)
    ]
    async with database.separate_connection() as direct:
        assert await direct.fetchval(OPEN) == SESSIONS


async def test_a_cancelled_statement_leaves_no_lock(database: Database) -> None:
    """The cancellation reaches the right session."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(1)")
            await connection.execute("SELECT pg_sleep(60)")
    async with database.separate_connection() as direct:
        await direct.execute("SELECT pg_advisory_lock(1)", timeout=5)


async def test_notifications_arrive(database: Database) -> None:
    """LISTEN has a direct connection, NOTIFY in a transaction does not need one."""
    said: list[str] = []
    begun = asyncio.Event()
    listening = asyncio.create_task(
        keep_listening("test", database, "news", said.append, on_begin=begun.set)
    )
    await begun.wait()
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_notify('news', $1)", "hello")
    await eventually(lambda: said == ["hello"])
    listening.cancel()
    await asyncio.wait([listening])


async def test_readiness_asks_through_it(database: Database, direct_dsn: str) -> None:
    """A PgBouncer that is away is named, although PostgreSQL is there."""
    assert await database.find_problem() is None
    away = await connect(
        "postgresql://nobody@127.0.0.1:1/none", application_name="test", direct_dsn=direct_dsn
    )
    assert await away.find_problem() == "the database cannot be reached: connection refused"
    with pytest.raises(Unavailable):
        async with away.connection():
            pass
    await away.close()


async def test_a_missing_direct_address_is_named(dsn: str) -> None:
    """Otherwise prepared statements and LISTEN would fail now and then."""
    database = await connect(dsn, application_name="test")
    assert await database.find_problem() == NO_DIRECT_DSN
    await database.close()
