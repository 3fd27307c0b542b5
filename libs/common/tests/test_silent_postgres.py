"""An unresponsive PostgreSQL that keeps its connections: stopped, or a network failure."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from linktime_common.cleanup import CLEANUP_SECONDS
from linktime_common.errors import Unavailable
from linktime_common.postgres import COMMAND_SECONDS, Connection, Database, connect
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.engines import state_folder
from linktime_local.testing.silent_proxy import SilentProxy
from linktime_local.testing.waiting import eventually

SIZE = 2
DEADLINE_SECONDS = 0.5
# Far above the promised time, far below the ten seconds that a statement may take.
SOON_SECONDS = DEADLINE_SECONDS + CLEANUP_SECONDS + 4.0
assert SOON_SECONDS < COMMAND_SECONDS


@pytest.fixture
async def proxy(postgres_dsn: str) -> AsyncIterator[SilentProxy]:
    async with SilentProxy(postgres_dsn) as proxy:
        yield proxy


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test", size=SIZE)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(proxy: SilentProxy) -> AsyncIterator[Database]:
    async with connected(proxy.url) as database:
        yield database


async def _read(connection: Connection) -> None:
    await connection.fetchval("SELECT 1")


async def _nothing(_connection: Connection) -> None:
    """Do nothing: the next statement is COMMIT."""


async def _fails(connection: Connection) -> None:
    raise LookupError


async def _all_places_are_free(database: Database) -> bool:
    """Whether the pool's full number of connections is available at once."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            held = [await stack.enter_async_context(database.connection()) for _ in range(SIZE)]
            return [await one.fetchval("SELECT 1") for one in held] == [1] * SIZE
    except Unavailable:
        return False


@pytest.mark.parametrize("work", [_read, _nothing, _fails], ids=["read", "commit", "roll back"])
@pytest.mark.parametrize("enter", [Database.connection, Database.transaction])
async def test_a_deadline_holds_while_the_server_is_silent(
    database: Database,
    proxy: SilentProxy,
    enter: Callable[[Database], AbstractAsyncContextManager[Connection]],
    work: Callable[[Connection], Awaitable[None]],
) -> None:
    """Nothing waits for an unanswered ROLLBACK, cancellation or release."""
    assert await _all_places_are_free(database)
    began = time.monotonic()
    with contextlib.suppress(TimeoutError, Unavailable, LookupError):
        async with asyncio.timeout(DEADLINE_SECONDS), enter(database) as connection:
            proxy.hold()
            await work(connection)
    assert time.monotonic() - began < SOON_SECONDS
    proxy.release()
    await eventually(lambda: _all_places_are_free(database))


async def test_timeouts_free_all_connections_of_the_pool(
    database: Database, proxy: SilentProxy
) -> None:
    """Holders of connections, waiters and openers all end in time."""

    async def ask() -> str:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), database.connection() as connection:
                await _read(connection)
        except (TimeoutError, Unavailable):
            return "unavailable"
        return "answered"

    began = time.monotonic()
    proxy.hold()
    for _round in range(3):
        assert set(await asyncio.gather(*(ask() for _ in range(10)))) == {"unavailable"}
    assert await database.find_problem()
    proxy.release()
    assert time.monotonic() - began < 3 * SOON_SECONDS
    await eventually(lambda: _all_places_are_free(database))


async def test_readiness_says_that_the_server_is_silent(
    database: Database, proxy: SilentProxy
) -> None:
    """In words, without the name of a class."""
    assert await _all_places_are_free(database)
    proxy.hold()
    assert await database.find_problem() == "the database failed: no answer in time"
    proxy.release()


async def test_a_pool_closes_while_the_server_is_silent(proxy: SilentProxy) -> None:
    """A process that gets a stop signal ends."""
    async with asyncio.timeout(SOON_SECONDS + 5), connected(proxy.url) as database:
        await _all_places_are_free(database)
        proxy.hold()


async def test_a_stopped_server_is_unavailable_and_comes_back(postgres_dsn: str) -> None:
    """All of its processes stopped with running statements, continued, and used as before."""
    with state_folder("postgres") as folder:
        server = PostgresServer(folder, durable=False)
        await server.start()
        try:
            async with connected(server.dsn) as database:
                await _is_stopped_and_continued(server, database)
        finally:
            server.resume()
            await server.stop()


async def _is_stopped_and_continued(server: PostgresServer, database: Database) -> None:
    async def sleep() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS), database.transaction() as connection:
            await connection.execute("SELECT pg_sleep(60)")

    asleep = [asyncio.create_task(sleep()) for _ in range(SIZE)]
    async with asyncio.timeout(SOON_SECONDS):
        await asyncio.sleep(DEADLINE_SECONDS / 5)
        server.pause()
        outcomes = await asyncio.gather(*asleep, return_exceptions=True)
        assert [type(one) for one in outcomes] == [TimeoutError] * SIZE
        assert await database.find_problem()
    server.resume()
    await eventually(lambda: _all_places_are_free(database))
