"""The `time_off` table."""

from uuid import UUID

from linktime_availability.domain.errors import TooManyTimeOff
from linktime_availability.domain.time_off import MOST_TIME_OFF, TimeOff
from linktime_availability.store import schedules
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

CHANGEABLE = Columns("name", "first_date", "last_date", "starts_at", "ends_at")
COLUMNS = Columns("id", "host_id") + CHANGEABLE

INSERT = f"""
    INSERT INTO time_off ({COLUMNS})
    VALUES ({COLUMNS.placeholders()})
"""  # noqa: S608 - the columns are a constant

# Dates are compared with instants as UTC days.
LIST = f"""
    SELECT {COLUMNS}
      FROM time_off
     WHERE host_id = $1
     ORDER BY coalesce(starts_at, first_date::timestamp AT TIME ZONE 'UTC'), id
     LIMIT $2
    OFFSET $3
"""  # noqa: S608 - the columns are a constant

COUNT = "SELECT count(*) FROM time_off WHERE host_id = $1"

LOCK = f"""
    SELECT {COLUMNS}
      FROM time_off
     WHERE host_id = $1
       AND id = $2
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

UPDATE = f"""
    UPDATE time_off
       SET {CHANGEABLE.assignments(first=3)}
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

DELETE = "DELETE FROM time_off WHERE host_id = $1 AND id = $2"


async def insert(connection: Connection, time_off: TimeOff) -> None:
    """Raises TooManyTimeOff; the transaction must then be rolled back."""
    await schedules.lock(connection, time_off.host_id)  # so that the count is right
    await connection.execute(INSERT, *COLUMNS.values(time_off))
    if await count(connection, host_id=time_off.host_id) > MOST_TIME_OFF:
        raise TooManyTimeOff


async def list_page(
    connection: Connection, *, host_id: UUID, limit: int, offset: int
) -> list[TimeOff]:
    """Return the host's time off, earliest first."""
    rows = await connection.fetch(LIST, host_id, limit, offset)
    return [TimeOff(**COLUMNS.fields(row)) for row in rows]


async def count(connection: Connection, *, host_id: UUID) -> int:
    return int(await connection.fetchval(COUNT, host_id))


async def lock(connection: Connection, *, host_id: UUID, time_off_id: UUID) -> TimeOff | None:
    """Return the host's time off and lock the row until the transaction ends, or None."""
    row = await connection.fetchrow(LOCK, host_id, time_off_id)
    return TimeOff(**COLUMNS.fields(row)) if row else None


async def update(connection: Connection, time_off: TimeOff) -> None:
    values = CHANGEABLE.values(time_off)
    await connection.execute(UPDATE, time_off.host_id, time_off.id, *values)


async def delete(connection: Connection, *, host_id: UUID, time_off_id: UUID) -> bool:
    """Return False when the host has no such time off."""
    return await connection.execute(DELETE, host_id, time_off_id) == "DELETE 1"
