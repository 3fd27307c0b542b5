"""Forward-only migrations: numbered SQL files, each applied once, while the previous release works.

docs/adding-a-migration.md describes what a file may contain.
"""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from linktime_common import logs
from linktime_common.connection_slots import FULL_OR_STARTING, when_accepted
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.migration_files import Migration, MigrationError, checksum
from linktime_common.migration_locks import (
    CLOSE_SECONDS,
    CONNECT_SECONDS,
    LockWatch,
    wait_for_turn,
)
from linktime_common.migration_runs import MigrationRun
from linktime_common.postgres import Connection
from linktime_common.settings import ServiceSettings
from linktime_common.sqlstates import reason_of

ACCEPTED_SECONDS = 240.0
"""How long a run waits for a free connection slot: shorter than `linktime run` waits for it."""
APPLICATION_NAME = "migrations"
"""Of the connections, as PostgreSQL shows it."""
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

CREATE_HISTORY = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        source text NOT NULL,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source, name)
    )
"""
READ_HISTORY = "SELECT name, checksum FROM schema_migrations WHERE source = $1"


@dataclass(frozen=True)
class MigrationSource:
    """A folder of migrations inside a package: `MigrationSource("linktime_bookings")`."""

    package: str
    folder: str = "migrations"

    @property
    def name(self) -> str:
        """Return the name in the history."""
        return f"{self.package}/{self.folder}"

    def read(self) -> list[tuple[str, str]]:
        """Return (file name, SQL) in order; raises MigrationError for a duplicate number."""
        found = sorted(
            (entry.name, entry.read_text(encoding="utf-8"))
            for entry in files(self.package).joinpath(self.folder).iterdir()
            if _NAME.fullmatch(entry.name)
        )
        numbers = [name[:4] for name, _sql in found]
        if len(set(numbers)) != len(numbers):
            raise MigrationError(f"two migrations of {self.name} share a number")
        return found


MESSAGING = MigrationSource("linktime_common", "migrations/messaging")
"""outbox, inbox and parked messages."""

IDEMPOTENCY = MigrationSource("linktime_common", "migrations/idempotency")
"""Stored responses of writes, by Idempotency-Key."""

LETTER_CASE = MigrationSource("linktime_common", "migrations/letter_case")
"""The SQL function for case-insensitive keys in migrations."""

ERASURE = MigrationSource("linktime_common", "migrations/erasure")
"""Rounds of erasures; of services that store invitees or contacts."""

USER_DELETION = MigrationSource("linktime_common", "migrations/user_deletion")
"""Users whose rows are deleted."""


def sources_of(service: str) -> tuple[MigrationSource, ...]:
    """Return the migrations of a service: shared ones, and those in `linktime_<service>`."""
    own = MigrationSource(f"linktime_{service}")
    erasing = {ErasureRequested.publisher, *ErasureRequested.consumers}
    erasure = (ERASURE,) if service in erasing else ()
    return (MESSAGING, IDEMPOTENCY, LETTER_CASE, USER_DELETION, *erasure, own)


def run(service: str, settings: ServiceSettings) -> None:
    """Migrate the database of a service, and log what was applied or why it failed (exit 1)."""
    logs.configure(service, settings.log_level)
    dsn = settings.direct_dsn() or settings.postgres_dsn.get_secret_value()
    try:
        applied = asyncio.run(migrate(dsn, *sources_of(service)))
    except MigrationError as error:
        logs.logger().error("the database is not migrated", reason=error.args[0])
        raise SystemExit(1) from error
    logs.logger().info("migrated", applied=applied)


async def migrate(dsn: str, *sources: MigrationSource) -> list[str]:
    """Apply missing migrations, source by source; returns the names applied.

    Any number of processes may call it at once: they wait for each other. Raises MigrationError
    when an applied file has changed, and when a lock, a statement, another run or a free
    connection slot takes too long.
    """
    connection = await _connect(dsn)
    try:
        await wait_for_turn(connection)
        await connection.execute(CREATE_HISTORY)
        return [
            f"{source.name}/{name}"
            for source in sources
            for name in await _apply(dsn, connection, source)
        ]
    finally:
        with contextlib.suppress(TimeoutError):  # it is closed nevertheless
            await connection.close(timeout=CLOSE_SECONDS)


async def _connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    def report(error: Exception) -> None:
        logs.logger().warning("waiting for a database connection", reason=reason_of(error))

    try:
        return await when_accepted(
            lambda: asyncpg.connect(
                dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": APPLICATION_NAME}
            ),
            within_seconds=ACCEPTED_SECONDS,
            refusals=FULL_OR_STARTING,
            on_refusal=report,
        )
    except FULL_OR_STARTING as error:
        raise MigrationError(f"{reason_of(error)} for {ACCEPTED_SECONDS:g} seconds") from error


async def compare_history(
    connection: Connection, sources: Sequence[MigrationSource]
) -> tuple[list[str], list[str]]:
    """Return the migrations that the database lacks, and those that the code lacks."""
    missing: list[str] = []
    unknown: list[str] = []
    for source in sources:
        applied = {row["name"] for row in await connection.fetch(READ_HISTORY, source.name)}
        known = {name for name, _sql in source.read()}
        missing += [f"{source.name}/{name}" for name in sorted(known - applied)]
        unknown += [f"{source.name}/{name}" for name in sorted(applied - known)]
    return missing, unknown


async def _apply(
    dsn: str, connection: "asyncpg.Connection[asyncpg.Record]", source: MigrationSource
) -> list[str]:
    rows = await connection.fetch(READ_HISTORY, source.name)
    history = {row["name"]: row["checksum"] for row in rows}
    applied = []
    for name, sql in source.read():
        if history.get(name, checksum(sql)) != checksum(sql):
            raise MigrationError(f"{source.name}/{name} has changed since it was applied")
        if name not in history:
            watch = LockWatch(dsn, connection.get_server_pid(), f"{source.name}/{name}")
            migration = Migration.parse(name, sql)
            await MigrationRun(connection, source.name, migration, watch).apply()
            applied.append(name)
    return applied
