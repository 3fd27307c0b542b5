"""One partition a day: made ahead, dropped whole when its time is past."""

from datetime import UTC, date, datetime, time, timedelta

from linktime_common.postgres import Connection
from linktime_webhooks.store.deliveries import HISTORY, KEPT

# Each table with the column it is divided by.
PARTITIONED = {"events": "created_at", "delivery_history": "finished_at", "attempts": "at"}
MOVE_SECONDS = 600.0  # what was there before an upgrade may be much
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

# A body whose day ends is gone: what still waits to send it has failed.
EXPIRE_LIVE = f"""
    WITH expired AS (
        DELETE FROM deliveries
         WHERE id IN (SELECT id FROM deliveries WHERE event_created_at < $1 LIMIT $2)
        RETURNING {KEPT}, attempt
    ),
    history AS (
        INSERT INTO delivery_history ({HISTORY})
        SELECT {KEPT}, 'failed', attempt, 'expired', now()
          FROM expired
    )
    SELECT count(*) FROM expired
"""  # noqa: S608 - the columns are a constant


async def lock(connection: Connection) -> None:
    """One process at a time, until the transaction ends; and nobody waits long for us."""
    await connection.execute(LOCK_TIMEOUT)
    await connection.execute(LOCK)


async def days_of(connection: Connection, table: str) -> set[date]:
    """The days that have a partition."""
    rows = await connection.fetch(NAMES, table)
    return {date.fromisoformat(row["name"].rpartition("_")[2]) for row in rows}


async def days_in_default(connection: Connection, table: str) -> set[date]:
    """The days of rows that found no partition of their own."""
    column = PARTITIONED[table]
    rows = await connection.fetch(
        f"SELECT DISTINCT ({column} AT TIME ZONE 'UTC')::date AS day FROM {table}_default"  # noqa: S608 - names of ours
    )
    return {row["day"] for row in rows}


async def add_day(connection: Connection, table: str, day: date) -> None:
    """Make the day's partition, with what the default one holds of it."""
    column, name = PARTITIONED[table], f"{table}_{day:%Y%m%d}"
    begin, end = f"'{day} 00:00+00'", f"'{day + timedelta(days=1)} 00:00+00'"
    # Nobody writes to the default partition between the move and the end.
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
    """Forget the day."""
    await connection.execute(f"DROP TABLE {table}_{day:%Y%m%d}")


async def expire_live(connection: Connection, *, before: date, limit: int) -> int:
    """End up to `limit` deliveries whose event was taken in before that day; returns how many."""
    midnight = datetime.combine(before, time(), UTC)
    return int(await connection.fetchval(EXPIRE_LIVE, midnight, limit))


async def count_default(connection: Connection, table: str) -> int:
    """How many rows found no partition of their own."""
    return int(
        await connection.fetchval(f"SELECT count(*) FROM {table}_default")  # noqa: S608 - a name of ours
    )
