"""The migrations of a service's code, compared with those of its database; changes nothing."""

import asyncio
import json

import asyncpg

from linktime_common.migrate import MigrationSource, compare_history, sources_of
from linktime_common.migration_locks import CLOSE_SECONDS, CONNECT_SECONDS
from linktime_common.settings import ServiceSettings

NEWER = 3
"""The exit code if the database has migrations of a newer version."""

HAS_HISTORY = "SELECT to_regclass('schema_migrations') IS NOT NULL"


def show(service: str, settings: ServiceSettings) -> None:
    """Print what the database lacks and what the code lacks as JSON.

    Exits with `NEWER` if the code lacks something, and with 1 if the database cannot be read.
    """
    try:
        compared = compare(settings.postgres_dsn.get_secret_value(), *sources_of(service))
        missing, unknown = asyncio.run(compared)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or "it does not answer in time"
        raise SystemExit(f"the database cannot be read: {reason}") from error
    print(json.dumps({"missing": missing, "unknown": unknown}))
    if unknown:
        raise SystemExit(NEWER)


async def compare(dsn: str, *sources: MigrationSource) -> tuple[list[str], list[str]]:
    """Return the migrations that the database lacks, and those that the code lacks."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
    try:
        if await connection.fetchval(HAS_HISTORY):
            return await compare_history(connection, sources)
        return [f"{one.name}/{name}" for one in sources for name, _sql in one.read()], []
    finally:
        await connection.close(timeout=CLOSE_SECONDS)
