"""One migration is applied: in a transaction, outside of one, or in batches."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from linktime_common import logs
from linktime_common.migration_files import Migration, MigrationError, MigrationMode, checksum
from linktime_common.migration_locks import REPORT_EVERY_SECONDS, LockWatch

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

LOCK_SECONDS = 2.0
"""Shorter than the deadline of a write: requests that wait behind the statement are answered."""
CONCURRENT_LOCK_SECONDS = 1800.0
"""Nothing waits behind such a statement. It waits for all older transactions, such as a backup."""
STATEMENT_SECONDS = 600.0
CONCURRENT_STATEMENT_SECONDS = 3600.0
ANSWER_SECONDS = 30.0
"""After the time limit of a statement, PostgreSQL has answered, or the connection is lost."""
MOST_BATCHES = 1_000_000
LONGEST_PAUSE_SECONDS = 1.0

SET_LIMITS = """
    SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)
"""
RECORD = "INSERT INTO schema_migrations (source, name, checksum) VALUES ($1, $2, $3)"
IS_INVALID = """
    SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid)
"""


@dataclass(frozen=True)
class MigrationRun:
    """A file that is not in the history, and the connection on which it is applied."""

    connection: "Connection"
    source: str
    migration: Migration
    watch: LockWatch

    async def apply(self) -> None:
        """Apply and record it; raises MigrationError for a wait or a statement that is too long."""
        limits = (_milliseconds(self._lock_seconds), _milliseconds(self._statement_seconds))
        await self.connection.fetchrow(SET_LIMITS, *limits)
        steps = {
            MigrationMode.TRANSACTION: self._in_transaction,
            MigrationMode.CONCURRENTLY: self._concurrently,
            MigrationMode.BATCHES: self._in_batches,
        }
        try:
            await steps[self.migration.mode]()
        except asyncpg.QueryCanceledError as error:
            raise MigrationError(
                f"A statement of {self.source}/{self.migration.name} did not end within "
                f"{self._statement_seconds:g} seconds"
            ) from error

    @property
    def _is_concurrent(self) -> bool:
        return self.migration.mode is MigrationMode.CONCURRENTLY

    @property
    def _lock_seconds(self) -> float:
        return CONCURRENT_LOCK_SECONDS if self._is_concurrent else LOCK_SECONDS

    @property
    def _statement_seconds(self) -> float:
        return CONCURRENT_STATEMENT_SECONDS if self._is_concurrent else STATEMENT_SECONDS

    async def _in_transaction(self) -> None:
        async def run() -> None:
            async with self.connection.transaction():
                # Each statement of the file has the limit: PostgreSQL's, not the client's.
                await self.connection.execute(self.migration.sql)
                await self._record()

        await self.watch.repeat(run)

    async def _concurrently(self) -> None:
        async def run() -> None:
            index = self.migration.index
            # What an interrupted run leaves is no index, but has its name.
            if index and await self.connection.fetchval(IS_INVALID, index):
                await self.connection.execute(f'DROP INDEX CONCURRENTLY "{index}"')
            await self._execute()

        await self.watch.repeat(run)
        await self._record()

    async def _in_batches(self) -> None:
        total = changed = 0
        reported = time.monotonic()

        async def run() -> None:
            nonlocal changed
            status = await self._execute()
            changed = int(status.rpartition(" ")[2])

        for _ in range(MOST_BATCHES):
            began = time.monotonic()
            await self.watch.repeat(run)
            if not changed:
                return await self._record()
            total += changed
            if time.monotonic() - reported > REPORT_EVERY_SECONDS:
                reported = time.monotonic()
                logs.logger().info("migrating rows", migration=self.migration.name, rows=total)
            # Half of the time belongs to the services.
            await asyncio.sleep(min(time.monotonic() - began, LONGEST_PAUSE_SECONDS))
        raise MigrationError(
            f"{self.source}/{self.migration.name} changed rows {MOST_BATCHES} times; its WHERE "
            "must exclude the rows that it has changed"
        )

    async def _execute(self) -> str:
        seconds = self._statement_seconds + ANSWER_SECONDS
        return await self.connection.execute(self.migration.sql, timeout=seconds)

    async def _record(self) -> None:
        name, sql = self.migration.name, self.migration.sql
        await self.connection.execute(RECORD, self.source, name, checksum(sql))


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}ms"
