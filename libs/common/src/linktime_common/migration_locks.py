"""Waiting in migrations: for other runs, and for locks that the services hold.

A statement that waits for a table's lock stops every later request for the table. It therefore
waits for a short time, and is repeated after a pause in which the requests are answered.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

from linktime_common import logs
from linktime_common.connection_slots import when_accepted
from linktime_common.migration_files import MigrationError

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

TURN_LOCK = 7_036_215_404  # any number that only our migrations use
TURN_SECONDS = 900.0
LOCKS_SECONDS = 240.0
"""How long a statement is repeated: shorter than `linktime run` waits for the migrations."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
WATCH_AFTER_SECONDS = 0.8
"""Below the time that a statement waits for a lock."""
WATCH_EVERY_SECONDS = 1.0
REPORT_EVERY_SECONDS = 30.0
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 5.0

TRY_TURN = "SELECT pg_try_advisory_lock($1)"
READ_TURN = """
    SELECT l.pid, a.application_name, a.backend_type, NULL::float8 AS seconds
      FROM pg_locks l
      JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory'
       AND l.granted
       AND a.datname = current_database()
       AND l.objsubid = 1
       AND (l.classid::bigint << 32 | l.objid::bigint) = $1
"""
READ_WAIT = """
    SELECT DISTINCT l.mode || ' on ' || coalesce(l.relation::regclass::text, l.locktype) AS lock,
           h.pid, a.application_name, a.backend_type,
           extract(epoch FROM now() - a.xact_start)::float8 AS seconds
      FROM pg_locks l
     CROSS JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS h (pid)
      LEFT JOIN pg_stat_activity a ON a.pid = h.pid
     WHERE l.pid = $1 AND NOT l.granted
     ORDER BY h.pid
"""


async def wait_for_turn(connection: "Connection") -> None:
    """Return when no other run migrates this database; raises MigrationError after the limit.

    Without a statement that waits: the snapshot of one would stop CREATE INDEX CONCURRENTLY of the
    other run, which waits for all snapshots.
    """
    began, reported, pause = time.monotonic(), None, 0.05
    while not await connection.fetchval(TRY_TURN, TURN_LOCK):
        waited = time.monotonic() - began
        if waited > TURN_SECONDS:
            held_by = _holders(await connection.fetch(READ_TURN, TURN_LOCK))
            raise MigrationError(
                f"Another run migrates this database for more than {TURN_SECONDS:g} seconds: "
                f"{', '.join(held_by)}"
            )
        if waited > WATCH_AFTER_SECONDS and (
            reported is None or waited - reported > REPORT_EVERY_SECONDS
        ):
            reported = waited
            held_by = _holders(await connection.fetch(READ_TURN, TURN_LOCK))
            logs.logger().warning("waiting for another run of the migrations", held_by=held_by)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2.0)


@dataclass
class LockWatch:
    """Repeats a statement that gets no lock, and reports who holds it."""

    dsn: str
    pid: int
    migration: str
    _seen: list[asyncpg.Record] = field(default_factory=list)

    async def repeat(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run until it succeeds; raises MigrationError if no lock is free within the limit."""
        began, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._watched():
                    return await run()
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
                waited = time.monotonic() - began
                if waited + pause > LOCKS_SECONDS:
                    raise MigrationError(self._refusal(waited)) from error
            logs.logger().warning("a migration is repeated", migration=self.migration, pause=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _refusal(self, waited: float) -> str:
        held = f": {self._seen[0]['lock']}, held by {', '.join(_holders(self._seen))}"
        return (
            f"{self.migration} got no lock within {waited:.0f} seconds"
            f"{held if self._seen else ''}; run the migrations again when the lock is free"
        )

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            # What the watch cannot find out does not stop the migration.
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        await asyncio.sleep(WATCH_AFTER_SECONDS)
        connection = await when_accepted(
            lambda: asyncpg.connect(
                self.dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS
            ),
            within_seconds=LOCKS_SECONDS,
        )
        try:
            await self._report(connection)
        finally:
            with contextlib.suppress(TimeoutError):
                await connection.close(timeout=CLOSE_SECONDS)

    async def _report(self, connection: "Connection") -> None:
        reported, holders = 0.0, set[int]()
        while True:
            rows = await connection.fetch(READ_WAIT, self.pid)
            pids, now = {row["pid"] for row in rows}, time.monotonic()
            if rows and (pids != holders or now - reported > REPORT_EVERY_SECONDS):
                self._seen, holders, reported = rows, pids, now
                logs.logger().warning(
                    "a migration waits for a lock",
                    migration=self.migration,
                    lock=rows[0]["lock"],
                    held_by=_holders(rows),
                )
            await asyncio.sleep(WATCH_EVERY_SECONDS)


def _holders(rows: list[asyncpg.Record]) -> list[str]:
    """Return process id, application and age of the transaction of each."""
    found = []
    for row in rows:
        name = row["application_name"] or row["backend_type"] or "unknown"
        age = "" if row["seconds"] is None else f", in a transaction for {row['seconds']:.0f} s"
        found.append(f"process {row['pid']} ({name}{age})")
    return found
