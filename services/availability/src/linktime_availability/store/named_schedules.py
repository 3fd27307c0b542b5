"""All schedules of a host: the default one in `schedules`, the others in `other_schedules`.

Writers hold the lock of `schedules.lock`.
"""

from dataclasses import replace
from uuid import UUID

from asyncpg import Record

from linktime_availability.domain.schedule import NamedSchedule
from linktime_availability.store import schedules
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

OTHER = Columns("id", "host_id", "name", "timezone", "weekly", "overrides")

# $2 is one schedule, or null for the default one.
FIND = """
    SELECT s.id, s.name, true AS is_default, s.timezone, s.weekly,
           (SELECT jsonb_object_agg(o.on_date, o.windows)
              FROM schedule_overrides o
             WHERE o.host_id = s.host_id) AS overrides
      FROM schedules s
     WHERE s.host_id = $1
       AND ($2::uuid IS NULL OR s.id = $2)
     UNION ALL
    SELECT o.id, o.name, false, o.timezone, o.weekly, o.overrides
      FROM other_schedules o
     WHERE o.host_id = $1
       AND o.id = $2
"""

LIST = """
    SELECT s.id, s.name, true AS is_default, s.timezone, s.weekly, NULL::jsonb AS overrides
      FROM schedules s
     WHERE s.host_id = $1
     UNION ALL
    SELECT o.id, o.name, false, o.timezone, o.weekly, NULL
      FROM other_schedules o
     WHERE o.host_id = $1
     ORDER BY is_default DESC, name, id
     LIMIT $2 OFFSET $3
"""

COUNT = "SELECT 1 + count(*) FROM other_schedules WHERE host_id = $1"

PUT_OTHER = f"""
    INSERT INTO other_schedules ({OTHER})
    VALUES ({OTHER.placeholders()})
    ON CONFLICT (id) DO UPDATE
       SET {OTHER.without("id", "host_id").assignments_from("excluded")}
     WHERE other_schedules.host_id = excluded.host_id
"""  # noqa: S608 - the columns are a constant

NAME_DEFAULT = "UPDATE schedules SET id = $2, name = $3 WHERE host_id = $1"

DELETE_OTHER = "DELETE FROM other_schedules WHERE host_id = $1 AND id = $2"


async def list_page(
    connection: Connection, host_id: UUID, *, limit: int, offset: int
) -> list[NamedSchedule]:
    """Return a page of the host's schedules without overrides, the default one first."""
    return [_read(row) for row in await connection.fetch(LIST, host_id, limit, offset)]


async def count(connection: Connection, host_id: UUID) -> int:
    """Return how many schedules the host has; there is always a default one."""
    found: int = await connection.fetchval(COUNT, host_id)
    return found


async def find_default(connection: Connection, host_id: UUID) -> NamedSchedule:
    """Return the default schedule; every stored host has one."""
    (row,) = await connection.fetch(FIND, host_id, None)
    return _read(row)


async def find(connection: Connection, host_id: UUID, schedule_id: UUID) -> NamedSchedule | None:
    row = await connection.fetchrow(FIND, host_id, schedule_id)
    return _read(row) if row else None


async def put(connection: Connection, host_id: UUID, named: NamedSchedule) -> None:
    """Insert or replace a schedule; a default one takes the place of the default."""
    if named.is_default:
        await schedules.replace(connection, host_id, named.schedule)
        await connection.execute(NAME_DEFAULT, host_id, named.id, named.name)
        return
    weekly, overrides = schedules.rows_of(named.schedule)
    values = named.id, host_id, named.name, named.schedule.timezone, weekly, overrides
    await connection.execute(PUT_OTHER, *values)


async def make_default(
    connection: Connection, host_id: UUID, *, before: NamedSchedule, named: NamedSchedule
) -> None:
    """Make `named` the default schedule, and the default `before` one of the others."""
    await delete_other(connection, host_id, named.id)
    await put(connection, host_id, replace(before, is_default=False))
    await put(connection, host_id, replace(named, is_default=True))


async def delete_other(connection: Connection, host_id: UUID, schedule_id: UUID) -> None:
    """Delete a schedule that is not the default one."""
    await connection.execute(DELETE_OTHER, host_id, schedule_id)


def _read(row: Record) -> NamedSchedule:
    return NamedSchedule(
        id=row["id"],
        name=row["name"],
        is_default=row["is_default"],
        schedule=schedules.read(row["timezone"], row["weekly"], row["overrides"]),
    )
