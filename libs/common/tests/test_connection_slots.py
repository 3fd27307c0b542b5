"""A PostgreSQL that accepts no more connections: services wait, and then answer with 503."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from linktime_common import migrate, postgres
from linktime_common.errors import Unavailable
from linktime_common.http.bodies import reply_json
from linktime_common.http.routes import OPEN, Route
from linktime_common.listening import keep_listening
from linktime_common.migrate import MESSAGING
from linktime_common.migration_files import MigrationError
from linktime_common.postgres import Database, connect
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.databases import run_sql
from linktime_local.testing.engines import state_folder
from linktime_local.testing.services import serving
from linktime_local.testing.waiting import eventually

SLOTS = 20  # three of them are reserved for superusers
POOL_SIZE = 16
REFUSAL = "PostgreSQL accepts no more connections"
ROLE = """
    CREATE ROLE service LOGIN PASSWORD 'secret';
    GRANT ALL ON DATABASE postgres TO service;
    GRANT ALL ON SCHEMA public TO service;
"""


@pytest.fixture(scope="module")
async def dsn() -> AsyncIterator[str]:
    """An ordinary user of a server that has few slots."""
    with state_folder("few-slots", in_memory=True) as folder:
        server = PostgresServer(folder, durable=False, max_connections=SLOTS)
        await server.start()
        await run_sql(server.dsn, ROLE)
        address = urlsplit(server.dsn)
        netloc = f"service:secret@{address.hostname}:{address.port}"
        yield urlunsplit(address._replace(netloc=netloc))
        await server.stop()


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test", size=POOL_SIZE)
    yield database
    await database.close()


class Others:
    """Connections of other processes."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._held: list[Any] = []

    async def take_all(self) -> None:
        """Take every slot that is free."""
        with pytest.raises(asyncpg.TooManyConnectionsError):
            while True:
                self._held.append(await asyncpg.connect(self._dsn))

    async def free(self, count: int) -> None:
        """Close so many connections, or all of them."""
        for other in self._held[:count]:
            await other.close()
        del self._held[:count]


@pytest.fixture
async def others(dsn: str) -> AsyncIterator[Others]:
    others = Others(dsn)
    yield others
    await others.free(SLOTS)


@pytest.fixture
def long_wait(long_connection_wait: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FULL_SECONDS", 30)


async def read(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT 1"))


@pytest.mark.usefixtures("long_wait")
async def test_a_pool_works_with_the_connections_that_it_has(
    database: Database, others: Others
) -> None:
    """It grows to two connections of 16; the others of a burst wait for one of them."""
    await others.take_all()
    await others.free(2)
    assert await asyncio.gather(*(read(database) for _ in range(60))) == [1] * 60


@pytest.mark.usefixtures("long_wait")
async def test_a_request_waits_for_a_slot(database: Database, others: Others) -> None:
    """Of any process."""
    await others.take_all()
    waiting = asyncio.create_task(read(database))
    await asyncio.sleep(0)
    await others.free(1)
    assert await waiting == 1


async def test_without_a_slot_the_database_is_unavailable(
    database: Database, others: Others
) -> None:
    """Readiness has the reason; a connection outside the pool is refused at once."""
    await others.take_all()
    with pytest.raises(Unavailable, match=REFUSAL):
        await read(database)
    with pytest.raises(Unavailable, match=REFUSAL):
        async with database.separate_connection():
            pass
    assert await database.find_problem() == REFUSAL
    await others.free(1)
    assert await eventually(lambda: read(database)) == 1
    assert await database.find_problem() is None


async def test_a_burst_is_answered_with_503(database: Database, others: Others) -> None:
    """With `Retry-After`, never with 500; when slots are free again, with 200."""

    async def handle(_request: web.Request) -> web.Response:
        return reply_json({"read": await read(database)})

    async with serving(Route("GET", "/", handle, OPEN)) as service:

        async def get(_number: int = 0) -> aiohttp.ClientResponse:
            async with service.session.get(service.url) as response:
                return response

        await others.take_all()
        burst = await asyncio.gather(*map(get, range(60)))
        assert {one.status for one in burst} == {503}
        assert all(int(one.headers["Retry-After"]) >= 1 for one in burst)
        await others.free(SLOTS)
        await eventually(lambda: _is_read(get))
        burst = await asyncio.gather(*map(get, range(60)))
        assert {one.status for one in burst} == {200}


async def _is_read(get: Any) -> bool:
    return bool((await get()).status == 200)


async def test_a_listener_waits_for_a_slot(database: Database, others: Others) -> None:
    """With a line for each attempt, without a stack."""
    await others.take_all()
    begun = asyncio.Event()
    with capture_logs() as lines:
        listening = asyncio.create_task(
            keep_listening("test", database, "news", lambda _payload: None, on_begin=begun.set)
        )
        await eventually(lambda: [one for one in lines if one.get("job") == "test"])
        await others.free(1)
        async with asyncio.timeout(30):
            await begun.wait()
        listening.cancel()
        await asyncio.wait([listening])
    attempts = [one for one in lines if one.get("job") == "test"]
    assert {one["event"] for one in attempts} == {"job waits for an unavailable dependency"}


async def test_migrations_wait_for_a_slot(
    dsn: str, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a line in the log, and an error after the limit."""
    await others.take_all()
    with capture_logs() as lines:
        migrating = asyncio.create_task(migrate.migrate(dsn, MESSAGING))
        await eventually(lambda: lines)
        await others.free(1)
        assert await migrating
    assert (lines[0]["event"], lines[0]["reason"]) == ("waiting for a database connection", REFUSAL)
    await others.take_all()
    monkeypatch.setattr(migrate, "ACCEPTED_SECONDS", 0.1)
    with pytest.raises(MigrationError, match=f"{REFUSAL} for 0.1 seconds"):
        await migrate.migrate(dsn, MESSAGING)
