"""Forward-only migrations: numbered SQL files, each applied once, in its own transaction."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from linktime_common import logs
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.postgres import Connection
from linktime_common.settings import ServiceSettings

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
CLOSE_SECONDS = 5.0
_LOCK = 7_036_215_404  # any number that only our migrations use

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
RECORD = "INSERT INTO schema_migrations (source, name, checksum) VALUES ($1, $2, $3)"


class MigrationError(Exception):
    """The database's migration history and the files disagree."""


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
    """Migrate the database of a service, and log what was applied."""
    logs.configure(service, settings.log_level)
    dsn = settings.postgres_dsn.get_secret_value()
    applied = asyncio.run(migrate(dsn, *sources_of(service)))
    logs.logger().info("migrated", applied=applied)


async def migrate(dsn: str, *sources: MigrationSource) -> list[str]:
    """Apply missing migrations, source by source; returns the names applied.

    Any number of processes may call it at once: they wait for each other, without a time limit.
    Raises MigrationError when an applied file has changed.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(CREATE_HISTORY)
        return [
            f"{source.name}/{name}"
            for source in sources
            for name in await _apply(connection, source)
        ]
    finally:
        with contextlib.suppress(TimeoutError):  # it is closed nevertheless
            await connection.close(timeout=CLOSE_SECONDS)


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
    connection: "asyncpg.Connection[asyncpg.Record]", source: MigrationSource
) -> list[str]:
    rows = await connection.fetch(READ_HISTORY, source.name)
    history = {row["name"]: row["checksum"] for row in rows}
    applied = []
    for name, sql in source.read():
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if history.get(name, checksum) != checksum:
            raise MigrationError(f"{source.name}/{name} has changed since it was applied")
        if name not in history:
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute(RECORD, source.name, name, checksum)
            applied.append(name)
    return applied
