"""Migrations while other connections use the tables, on a real PostgreSQL."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from linktime_common import migration_locks, migration_runs
from linktime_common.migrate import MESSAGING, MigrationSource, migrate, run
from linktime_common.migration_files import Migration, MigrationError, MigrationMode
from linktime_common.settings import ServiceSettings
from linktime_local.testing.databases import TemplateDatabases, run_sql
from linktime_local.testing.waiting import eventually

TABLE = "CREATE TABLE things (id int PRIMARY KEY, colour text)"
COLUMN = "ALTER TABLE things ADD COLUMN size int; UPDATE things SET size = 1"
INDEX = """-- migrate: concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS by_colour ON things (colour);
"""
BATCHES = """-- migrate: batches
UPDATE things SET colour = 'red'
 WHERE id IN (SELECT id FROM things WHERE colour IS NULL ORDER BY id LIMIT 10);
"""
Connection = Any


@dataclass(frozen=True)
class Given(MigrationSource):
    """Migrations of a test."""

    texts: tuple[str, ...] = ()

    def read(self) -> list[tuple[str, str]]:
        return [(f"{n:04}_step.sql", text) for n, text in enumerate(self.texts, start=1)]


def given(*texts: str) -> Given:
    return Given("probe", texts=texts)


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async def prepare(address: str) -> None:
        await run_sql(address, TABLE)

    async with template_databases.fresh("things", prepare) as address:
        yield address


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Connection]:
    """Another process, such as one of the previous release."""
    opened = await asyncpg.connect(dsn, server_settings={"application_name": "old bookings"})
    yield opened
    await opened.close()


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_runs, "LOCK_SECONDS", 0.3)
    monkeypatch.setattr(migration_locks, "WATCH_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(migration_locks, "WATCH_EVERY_SECONDS", 0.02)
    monkeypatch.setattr(migration_locks, "FIRST_PAUSE_SECONDS", 0.05)


def lines(written: io.StringIO, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


async def history(connection: Connection) -> list[str]:
    rows = await connection.fetch("SELECT name FROM schema_migrations ORDER BY name")
    return [row["name"] for row in rows]


@pytest.mark.usefixtures("short_limits")
async def test_a_statement_without_its_lock_is_repeated(
    dsn: str, other: Connection, written: io.StringIO
) -> None:
    """Others work between the attempts, and the log says who holds the lock."""
    holding = other.transaction()
    await holding.start()
    await other.execute("SELECT FROM things")
    migrating = asyncio.create_task(migrate(dsn, given(COLUMN)))
    await eventually(lambda: bool(lines(written, "a migration is repeated")), within=30)
    await eventually(lambda: bool(lines(written, "a migration waits for a lock")), within=30)
    await other.execute("INSERT INTO things VALUES (1)")
    await holding.commit()
    assert await migrating == ["probe/migrations/0001_step.sql"]
    assert await other.fetchval("SELECT size FROM things") == 1
    line = lines(written, "a migration waits for a lock")[0]
    assert line["migration"] == "probe/migrations/0001_step.sql"
    assert line["lock"] == "AccessExclusiveLock on things"
    [holder] = line["held_by"]
    assert holder.startswith(f"process {other.get_server_pid()} (old bookings, in a transaction")


@pytest.mark.usefixtures("short_limits")
async def test_a_lock_that_is_never_free_is_an_error(
    dsn: str, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the holder, and nothing is changed or recorded."""
    monkeypatch.setattr(migration_locks, "LOCKS_SECONDS", 1.0)
    # However long the watch needs to connect: its answer is part of the error.
    monkeypatch.setattr(migration_runs, "LOCK_SECONDS", 3.0)
    async with other.transaction():
        await other.execute("SELECT FROM things")
        with pytest.raises(MigrationError, match=r"0001_step\.sql got no lock") as caught:
            await migrate(dsn, given(COLUMN))
    assert f"held by process {other.get_server_pid()} (old bookings" in str(caught.value)
    assert await history(other) == []
    assert await migrate(dsn, given(COLUMN)) == ["probe/migrations/0001_step.sql"]


async def test_a_statement_that_takes_too_long_is_cancelled(
    dsn: str, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_runs, "STATEMENT_SECONDS", 0.2)
    with pytest.raises(MigrationError, match=r"0001_step\.sql did not end within 0\.2 seconds"):
        await migrate(dsn, given("SELECT pg_sleep(60)"))
    assert await history(other) == []


@pytest.mark.usefixtures("written")
async def test_the_service_logs_why_it_is_not_migrated(
    dsn: str, other: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends with an exit code, so that a deployment stops."""
    await migrate(dsn, MESSAGING)
    await other.execute("UPDATE schema_migrations SET checksum = 'another'")
    settings = ServiceSettings.model_validate(
        {"postgres_dsn": dsn, "broker_url": "amqp://localhost", "port": 1, "internal_port": 2}
    )
    with pytest.raises(SystemExit, match="1"):
        await asyncio.to_thread(run, "contacts", settings)
    line = json.loads(capsys.readouterr().out)
    assert line["event"] == "the database is not migrated"
    assert line["reason"].endswith("0001_messaging.sql has changed since it was applied")


async def test_a_second_run_waits_for_the_first(
    dsn: str, other: Connection, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a line in the log, and an error after the limit."""
    monkeypatch.setattr(migration_locks, "WATCH_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(migration_locks, "TURN_SECONDS", 0.3)
    await other.execute("SELECT pg_advisory_lock($1)", migration_locks.TURN_LOCK)
    with pytest.raises(MigrationError, match="Another run migrates this database") as caught:
        await migrate(dsn, given(COLUMN))
    holder = f"process {other.get_server_pid()} (old bookings)"
    assert str(caught.value).endswith(holder)
    [line] = lines(written, "waiting for another run of the migrations")
    assert line["held_by"] == [holder]


async def test_an_index_is_made_while_a_second_run_waits(dsn: str, other: Connection) -> None:
    """A waiting statement of the second run would have a snapshot that the first waits for."""
    source = given(INDEX, "SELECT 1")
    applied = await asyncio.gather(*(migrate(dsn, source) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, 2]
    assert await other.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_colour'::regclass"
    )


async def test_an_interrupted_index_is_made_again(dsn: str, other: Connection) -> None:
    """The run is killed while its index waits for a writer, which leaves an invalid one."""
    validity = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('by_colour')"
    async with other.transaction():
        await other.execute("INSERT INTO things VALUES (1, 'red')")
        first = asyncio.create_task(migrate(dsn, given(INDEX)))
        probe = await asyncpg.connect(dsn)

        async def is_waiting() -> bool:
            return await probe.fetchval(validity) is False

        await eventually(is_waiting, within=30)
        await probe.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'migrations'"
        )
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await first
    assert await probe.fetchval(validity) is False
    assert await history(probe) == []
    assert await migrate(dsn, given(INDEX)) == ["probe/migrations/0001_step.sql"]
    assert await probe.fetchval(validity) is True
    await probe.close()


async def test_an_index_that_was_made_but_not_recorded_is_kept(dsn: str, other: Connection) -> None:
    await other.execute("CREATE INDEX by_colour ON things (colour)")
    before = await other.fetchval("SELECT 'by_colour'::regclass::oid")
    await migrate(dsn, given(INDEX))
    assert await other.fetchval("SELECT 'by_colour'::regclass::oid") == before
    assert await history(other) == ["0001_step.sql"]


async def test_interrupted_batches_continue(dsn: str, other: Connection) -> None:
    """Each batch is committed: a locked row stops the first run, the second does the rest."""
    await other.execute("INSERT INTO things SELECT n FROM generate_series(1, 35) n")
    changed = "SELECT count(*) FROM things WHERE colour = 'red'"
    async with other.transaction():
        await other.execute("SELECT FROM things WHERE id = 25 FOR UPDATE")
        first = asyncio.create_task(migrate(dsn, given(BATCHES)))
        probe = await asyncpg.connect(dsn)

        async def has_two_batches() -> bool:
            return await probe.fetchval(changed) == 20

        await eventually(has_two_batches, within=30)
        await probe.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'migrations'"
        )
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await first
    assert await probe.fetchval(changed) == 20
    assert await history(probe) == []
    assert await migrate(dsn, given(BATCHES)) == ["probe/migrations/0001_step.sql"]
    assert await probe.fetchval(changed) == 35
    assert await migrate(dsn, given(BATCHES)) == []
    await probe.close()


async def test_batches_without_end_are_an_error(
    dsn: str, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_runs, "MOST_BATCHES", 3)
    await other.execute("INSERT INTO things VALUES (1)")
    endless = "-- migrate: batches\nUPDATE things SET id = id WHERE id IN (SELECT 1 LIMIT 1)"
    with pytest.raises(MigrationError, match="must exclude the rows that it has changed"):
        await migrate(dsn, given(endless))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- migrate: later\nSELECT 1", "is not known"),
        ("-- migrate: contract\nSELECT 1", "is not known"),
        ("SELECT 1;\n-- migrate: batches\n", "must be among the first lines"),
        ("-- migrate: concurrently\nCREATE INDEX CONCURRENTLY a ON b (c)", "IF NOT EXISTS"),
        ("-- migrate: concurrently\nVACUUM a", "IF NOT EXISTS"),
        (f"{INDEX}SELECT 1;", "has one statement"),
        ("-- migrate: batches\nUPDATE a SET b = 1 WHERE b = 0", "with a LIMIT"),
        (
            BATCHES.replace("LIMIT 10", "LIMIT 10 FOR UPDATE SKIP LOCKED"),
            "SKIP LOCKED",
        ),
        ("-- migrate: batches\n", "with a LIMIT"),
    ],
)
def test_markers_that_do_not_suit_the_file(text: str, message: str) -> None:
    with pytest.raises(MigrationError, match=message):
        Migration.parse("0001_step.sql", text)


def test_markers_are_read() -> None:
    markers = "-- migrate: contract after 0.2.0\n-- migrate: concurrently\n-- Why.\n"
    migration = Migration.parse("0001_step.sql", f"{markers}DROP INDEX CONCURRENTLY IF EXISTS a;")
    assert migration.mode is MigrationMode.CONCURRENTLY
    assert migration.contract_after == "0.2.0"
    assert Migration.parse("0002_step.sql", "-- Why.\nSELECT 1").mode is MigrationMode.TRANSACTION
