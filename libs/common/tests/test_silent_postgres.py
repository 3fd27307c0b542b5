"""A PostgreSQL that keeps its connections and answers nothing: stopped, or the network is dead."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import pytest

from linktime_common.errors import Unavailable
from linktime_common.postgres import CLEANUP_SECONDS, COMMAND_SECONDS, Connection, Database, connect
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.engines import state_folder
from linktime_local.testing.waiting import eventually

SIZE = 2
DEADLINE_SECONDS = 0.5
# Far above what is promised, far below the ten seconds that a statement may take.
SOON_SECONDS = DEADLINE_SECONDS + CLEANUP_SECONDS + 4.0
assert SOON_SECONDS < COMMAND_SECONDS


class Proxy:
    """Passes bytes on both ways, except while it is silent; it takes connections all the time."""

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaks = asyncio.Event()
        self._speaks.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def dsn(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{login}@127.0.0.1:{port}"))

    def be_silent(self) -> None:
        self._speaks.clear()

    def speak(self) -> None:
        self._speaks.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        answers, asks = await asyncio.open_connection(self._target.hostname, self._target.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, asks), self._pump(answers, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._speaks.wait()
                writer.write(data)
        finally:
            writer.transport.abort()


@pytest.fixture
async def proxy(postgres_dsn: str) -> AsyncIterator[Proxy]:
    async with Proxy(postgres_dsn) as proxy:
        yield proxy


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test", size=SIZE)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(proxy: Proxy) -> AsyncIterator[Database]:
    async with connected(proxy.dsn) as database:
        yield database


async def _read(connection: Connection) -> None:
    await connection.fetchval("SELECT 1")


async def _nothing(_connection: Connection) -> None:
    """The next word to the server is COMMIT."""


async def _fails(connection: Connection) -> None:
    raise LookupError


async def _all_places_are_free(database: Database) -> bool:
    """As many connections as the pool may have are to be had at once."""
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
    proxy: Proxy,
    enter: Callable[[Database], AbstractAsyncContextManager[Connection]],
    work: Callable[[Connection], Awaitable[None]],
) -> None:
    """Nothing waits for a ROLLBACK, a cancellation or a release that is not answered."""
    assert await _all_places_are_free(database)
    began = time.monotonic()
    with contextlib.suppress(TimeoutError, Unavailable, LookupError):
        async with asyncio.timeout(DEADLINE_SECONDS), enter(database) as connection:
            proxy.be_silent()
            await work(connection)
    assert time.monotonic() - began < SOON_SECONDS
    proxy.speak()
    await eventually(lambda: _all_places_are_free(database))


async def test_a_crowd_that_meets_silence_leaves_all_places_free(
    database: Database, proxy: Proxy
) -> None:
    """Those who hold a connection, wait for one or open one, all end in time."""

    async def ask() -> str:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), database.connection() as connection:
                await _read(connection)
        except (TimeoutError, Unavailable):
            return "unavailable"
        return "answered"

    began = time.monotonic()
    proxy.be_silent()
    for _round in range(3):
        assert set(await asyncio.gather(*(ask() for _ in range(10)))) == {"unavailable"}
    assert not await database.is_reachable()
    proxy.speak()
    assert time.monotonic() - began < 3 * SOON_SECONDS
    await eventually(lambda: _all_places_are_free(database))


async def test_a_pool_closes_while_the_server_is_silent(proxy: Proxy) -> None:
    """A process that is told to stop does so."""
    async with asyncio.timeout(SOON_SECONDS + 5), connected(proxy.dsn) as database:
        await _all_places_are_free(database)
        proxy.be_silent()


async def test_a_stopped_server_is_unavailable_and_comes_back(postgres_dsn: str) -> None:
    """All of its processes stopped with statements under way, continued, and used as before."""
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
        assert not await database.is_reachable()
    server.resume()
    await eventually(lambda: _all_places_are_free(database))
