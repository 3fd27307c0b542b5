"""How many connections PostgreSQL has, and how many the processes of a service may open."""

from linktime_common.contracts.internal_api.service_state import DatabaseConnections
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection

# A user without privileges sees of other users' sessions only whose they are, and the database.
COUNT = """
    SELECT pg_postmaster_start_time()::text AS server,
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int
               - coalesce(current_setting('reserved_connections', true)::int, 0) AS most,
           count(*) AS used,
           count(*) FILTER (WHERE datname = current_database()) AS own,
           count(*) FILTER (WHERE application_name = $1) AS processes,
           count(*) FILTER (WHERE application_name IN ($1, $2)) AS direct
      FROM pg_stat_activity
     WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
"""


async def count(
    connection: Connection, service: str, *, pool_size: int | None
) -> DatabaseConnections:
    """Return the numbers; `pool_size` is that of a process, None with a PgBouncer."""
    row = await connection.fetchrow(COUNT, f"{service} {outbox.PURPOSE}", f"{service} listen")
    assert row is not None  # noqa: S101 - an aggregate returns one
    processes: int = row["processes"]
    # A PgBouncer decides how many connections it opens; those that are open are known.
    may_open = row["own"] if pool_size is None else processes * pool_size + row["direct"]
    return DatabaseConnections(
        server=row["server"],
        most=row["most"],
        used=row["used"],
        own=row["own"],
        processes=processes,
        may_open=max(row["own"], may_open),
    )
