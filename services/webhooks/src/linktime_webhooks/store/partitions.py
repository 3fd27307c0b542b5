"""One partition per day: created ahead, dropped when expired."""

from datetime import UTC, date, datetime, time, timedelta

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

# Each table with its partition column.
PARTITIONED = {"events": "created_at", "delivery_history": "finished_at", "attempts": "at"}
MOVE_SECONDS = 600.0  # the rows of before an upgrade may be many
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('webhooks partitions', 0))"

NAMES = """
    SELECT c.relname AS name
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::text::regclass
       AND c.relname <> $1 || '_default'
     ORDER BY c.relname
"""

# An expired day has no bodies: deliveries still pending have failed. Claimed ones are left to their
# dispatcher, and locked ones are being claimed.
EXPIRE_LIVE = f"""
    WITH waiting AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE event_created_at < $1
           AND lease_until IS NULL
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ),
    expired AS (
        DELETE FROM deliveries
         WHERE id IN (SELECT id FROM waiting)
        RETURNING {KEPT}, attempt
    ),
    history AS (
        INSERT INTO delivery_history ({HISTORY})
        SELECT {KEPT}, 'failed', attempt, 'expired', now()
          FROM expired
    )
    SELECT count(*) FROM expired
"""  # noqa: S608 - the columns are a constant

HAS_LIVE = "SELECT EXISTS (SELECT FROM deliveries WHERE event_created_at < $1)"


async def lock(connection: Connection) -> None:
    """Allow one process at a time, until the transaction ends, and no long waits for locks."""
    await connection.execute(LOCK_TIMEOUT)
    await connection.execute(LOCK)


async def days_of(connection: Connection, table: str) -> set[date]:
    """Return the days that have a partition."""
    rows = await connection.fetch(NAMES, table)
    return {date.fromisoformat(row["name"].rpartition("_")[2]) for row in rows}


async def days_in_default(connection: Connection, table: str) -> set[date]:
    """Return the days of rows in the default partition."""
    column = PARTITIONED[table]
    rows = await connection.fetch(
        f"SELECT DISTINCT ({column} AT TIME ZONE 'UTC')::date AS day FROM {table}_default"  # noqa: S608 - names of ours
    )
    return {row["day"] for row in rows}


async def add_day(connection: Connection, table: str, day: date) -> None:
    """Create the day's partition, with the day's rows of the default one."""
    column, name = PARTITIONED[table], f"{table}_{day:%Y%m%d}"
    begin, end = f"'{day} 00:00+00'", f"'{day + timedelta(days=1)} 00:00+00'"
    # Blocks writes to the default partition between the move and the end.
    await connection.execute(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    await connection.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    await connection.execute(
        f"""
        WITH moved AS (
            DELETE FROM {table}_default
             WHERE {column} >= {begin} AND {column} < {end}
            RETURNING *
        )
        INSERT INTO {name} SELECT * FROM moved
        """,  # noqa: S608 - names of ours, and a day
        timeout=MOVE_SECONDS,
    )
    await connection.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})"
    )


async def drop_day(connection: Connection, table: str, day: date) -> None:
    """Drop the day's partition."""
    await connection.execute(f"DROP TABLE {table}_{day:%Y%m%d}")


async def expire_live(connection: Connection, *, before: date, limit: int) -> int:
    """End up to `limit` waiting deliveries of events received before that day; return how many."""
    return int(await connection.fetchval(EXPIRE_LIVE, _midnight(before), limit))


async def has_live(connection: Connection, *, before: date) -> bool:
    """Return whether an event received before that day has a live delivery."""
    return bool(await connection.fetchval(HAS_LIVE, _midnight(before)))


async def count_default(connection: Connection, table: str) -> int:
    """Return how many rows are in the default partition."""
    return int(
        await connection.fetchval(f"SELECT count(*) FROM {table}_default")  # noqa: S608 - a name of ours
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
