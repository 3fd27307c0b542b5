"""A service's connection pool and transactions.

asyncpg's pool is used with two changes, both measured: no reset query on release (no service leaves
session state behind), and connections are handed out in request order with a time limit, so a burst
neither starves a waiter nor waits for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from linktime_common import logs, write_checks
from linktime_common.cleanup import CLEANUP_SECONDS, leave_transaction, roll_back
from linktime_common.connection_errors import (
    CLIENT_ERRORS,
    CONNECTION_LOST,
    SERVER_ERRORS,
    is_lost,
    not_connected,
    unavailable,
)
from linktime_common.connection_slots import FULL, when_accepted
from linktime_common.errors import Contended, OutcomeUnknown, Unavailable
from linktime_common.pool_turns import PoolTurns
from linktime_common.sessions import Sessions
from linktime_common.settings import POOL_SIZE
from linktime_common.write_checks import IS_WRITABLE, READ_ONLY

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = Any

ACQUIRE_SECONDS = 1.5
OPEN_SECONDS = 2.0  # when no pooled connection is open and free
FULL_SECONDS = 1.0  # of these, while PostgreSQL accepts no more; readiness then has the reason
COMMAND_SECONDS = 10.0
ATTEMPTS_WHEN_CONTENDED = 3

Result = TypeVar("Result")

_wrote_events: ContextVar[bool] = ContextVar("wrote_events", default=False)


class Database:
    """A pool with fair hand-out and a time limit. Created by `connect`."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        size: int,
        sessions: Sessions,
    ) -> None:
        self._pool = pool
        self._sessions = sessions
        self._turns = PoolTurns(size)
        self._problem: str | None = None
        self._shortage = write_checks.Shortage()
        self.on_events: list[Callable[[], None]] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection in autocommit, for reads and single statements.

        Raises `Unavailable` when none is free in time, and when the block fails because of the
        database (see `sqlstates`); `Contended` when another transaction won.
        """
        connection = await self._take()
        try:
            yield connection
        except Exception as error:
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                # After a failover the same address may lead to another server.
                connection.terminate()
            self._shortage.note(error)
            if found := unavailable(error, connection):
                raise found from error
            raise
        finally:
            try:
                await self._release(connection)
            finally:
                self._turns.give_back()

    async def _take(self) -> "PoolConnectionProxy[asyncpg.Record]":
        await self._turns.take(within_seconds=ACQUIRE_SECONDS)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                return await when_accepted(self._acquire, within_seconds=FULL_SECONDS)
        except SERVER_ERRORS as error:
            self._turns.give_back()
            raise not_connected(error) from error
        except BaseException:
            self._turns.give_back()
            raise

    async def _acquire(self) -> "PoolConnectionProxy[asyncpg.Record]":
        try:
            return await self._pool.acquire()
        except FULL:
            # asyncpg next hands out the place that was returned last, which has no connection now.
            places = self._pool._queue._queue  # type: ignore[attr-defined]  # noqa: SLF001
            places.sort(key=lambda place: place.is_connected())
            if self._pool.get_idle_size():
                return await self._pool.acquire()
            raise

    async def _release(self, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
        try:
            try:
                await leave_transaction(connection)
            finally:
                await self._pool.release(connection, timeout=CLEANUP_SECONDS)
        except SERVER_ERRORS as error:
            # asyncpg has closed it, and its place in the pool is free.
            logs.logger().warning("database connection dropped", reason=type(error).__name__)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a READ COMMITTED transaction; after its commit, waiters for new events are woken.

        Raises `OutcomeUnknown` when the connection is lost in COMMIT, and as `connection` does.
        """
        with self._waking():
            async with self.connection() as connection:
                transaction = connection.transaction()
                try:
                    await transaction.start()
                    yield connection
                except BaseException:
                    await roll_back(transaction, connection)
                    raise
                try:
                    await transaction.commit()
                except (*CONNECTION_LOST, *CLIENT_ERRORS) as error:
                    raise OutcomeUnknown(
                        "the database connection was lost during COMMIT"
                    ) from error

    @asynccontextmanager
    async def single_write(self) -> AsyncIterator[Connection]:
        """Yield a connection for a single-statement transaction, without BEGIN and COMMIT.

        Raises `OutcomeUnknown` when the connection is lost in the statement, else as `transaction`.
        """
        with self._waking():
            async with self.connection() as connection:
                try:
                    yield connection
                except Exception as error:
                    if is_lost(error, connection):
                        raise OutcomeUnknown(
                            "the database connection was lost during a write"
                        ) from error
                    raise

    @contextmanager
    def _waking(self) -> Iterator[None]:
        """Wake waiters for new events if the block succeeded and wrote some."""
        token = _wrote_events.set(False)
        try:
            yield
            if _wrote_events.get():
                for wake in self.on_events:
                    wake()
        finally:
            _wrote_events.reset(token)

    @asynccontextmanager
    async def separate_connection(self, purpose: str = "listen") -> AsyncIterator[Connection]:
        """Yield a connection outside the pool, for LISTEN and NOTIFY; raises as `connection`.

        PostgreSQL shows it as `<service> <purpose>`.
        """
        try:
            connection = await self._sessions.open_one(purpose)
        except SERVER_ERRORS as error:
            raise not_connected(error) from error
        try:
            yield connection
        except Exception as error:
            if found := unavailable(error, connection):
                raise found from error
            raise
        finally:
            connection.terminate()

    async def find_problem(self) -> str | None:
        """Return why the database cannot be used, or None; for readiness. A problem is logged once.

        All pooled connections to a read-only server are replaced.
        """
        problem, error = None, None
        try:
            async with self.connection() as connection:
                if not await connection.fetchval(IS_WRITABLE, timeout=1):
                    await self._pool.expire_connections()
                    problem = READ_ONLY
                elif self._shortage.was_recent:
                    await connection.execute(write_checks.WRITE, timeout=1)
        except Unavailable as failure:
            problem, error = str(failure), failure
        if problem is not None and problem != self._problem:
            logs.logger().warning("the database cannot be used", reason=problem, error=error)
        self._problem = problem
        return problem

    async def close(self) -> None:
        """Give running statements a short time, then close every connection."""
        self._turns.close()
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


def events_were_written() -> None:
    """Called by the outbox: the running transaction has written events to publish."""
    _wrote_events.set(True)


async def repeat_contended(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run the transaction `work`, and retry when another one won.

    Raises `Contended` after too many retries, and whatever `work` raises.
    """
    for _attempt in range(1, ATTEMPTS_WHEN_CONTENDED):
        with suppress(Contended):
            return await work()
    return await work()


async def connect(
    dsn: str,
    *,
    application_name: str,
    size: int = POOL_SIZE,
    command_seconds: float = COMMAND_SECONDS,
    direct_dsn: str | None = None,
) -> Database:
    """Return a pool of up to `size` connections; jsonb is converted from and to Python.

    Connections are opened on demand, so a process starts without the server. `command_seconds`
    limits every statement without a timeout argument. With `direct_dsn`, `dsn` is a PgBouncer
    before that server.
    """
    sessions = Sessions(dsn, application_name, command_seconds, direct_dsn)
    return Database(await sessions.open_pool(size), size, sessions)
