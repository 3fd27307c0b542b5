"""How many connections PostgreSQL has, and how many the processes of a service may open."""

from linktime_common.contracts.internal_api.service_state import DatabaseConnections
from linktime_common.messaging import outbox
from linktime_common.migrate import APPLICATION_NAME as MIGRATIONS
from linktime_common.postgres import Connection

# Programs of all kinds may use the service's role and database: a process has given its connections
# names that begin with the service's. A user without privileges sees of other users' sessions only
# whose they are, and the database.
COUNT = """
    WITH sessions AS (
        SELECT datname = current_database() AS here, coalesce(application_name, '') AS name
          FROM pg_stat_activity
         WHERE datid IS NOT NULL
           AND coalesce(backend_type, 'client backend') = 'client backend'
    ), named AS (
        SELECT here, name, here AND (starts_with(name || ' ', $1 || ' ') OR name = $4) AS own
          FROM sessions
    )
    SELECT pg_postmaster_start_time()::text AS server,
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int
               - coalesce(current_setting('reserved_connections', true)::int, 0) AS most,
           count(*) AS used,
           count(*) FILTER (WHERE own) AS own,
           count(*) FILTER (WHERE here AND NOT own) AS others,
           count(*) FILTER (WHERE here AND name IN ($2, $5)) AS processes,
           count(*) FILTER (WHERE here AND name = $5) AS serving,
           count(*) FILTER (WHERE here AND name IN ($2, $3, $5)) AS direct
      FROM named
"""


async def count(
    connection: Connection, service: str, *, pool_size: int | None
) -> DatabaseConnections:
    """Return the numbers; `pool_size` is that of a process, None with a PgBouncer."""
    row = await connection.fetchrow(
        COUNT,
        service,
        f"{service} {outbox.PURPOSE}",
        f"{service} listen",
        MIGRATIONS,
        f"{service} {outbox.SERVING}",
    )
    assert row is not None  # noqa: S101 - an aggregate returns one
    processes: int = row["processes"]
    # A PgBouncer decides how many connections it opens; those that are open are known.
    may_open = row["own"] if pool_size is None else processes * pool_size + row["direct"]
    return DatabaseConnections(
        server=row["server"],
        most=row["most"],
        used=row["used"],
        own=row["own"],
        others=row["others"],
        processes=processes,
        serving=row["serving"],
        may_open=max(row["own"], may_open),
    )
