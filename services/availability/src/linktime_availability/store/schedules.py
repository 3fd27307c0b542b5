"""Default schedules and overrides. A window is stored as [start, end] in minutes of the day."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from linktime_availability.domain.errors import TooManyOverrides
from linktime_availability.domain.schedule import (
    MOST_OVERRIDE_WINDOWS,
    MOST_OVERRIDES,
    Schedule,
    Window,
    Windows,
    default_schedule,
)
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

DAYS = range(7)

SCHEDULE = Columns("timezone", "weekly")

INSERT_DEFAULT = f"""
    INSERT INTO schedules (host_id, {SCHEDULE})
    VALUES ($1, {SCHEDULE.placeholders(first=2)})
    ON CONFLICT (host_id) DO NOTHING
"""  # noqa: S608 - the columns are a constant

REPLACE = f"""
    INSERT INTO schedules (host_id, {SCHEDULE})
    VALUES ($1, {SCHEDULE.placeholders(first=2)})
    ON CONFLICT (host_id) DO UPDATE
       SET {SCHEDULE.assignments_from("excluded")}, updated_at = now()
"""  # noqa: S608 - the columns are a constant

DELETE_OVERRIDES = "DELETE FROM schedule_overrides WHERE host_id = $1"

INSERT_OVERRIDES = """
    INSERT INTO schedule_overrides (host_id, on_date, windows)
    SELECT $1, key::date, value
      FROM jsonb_each($2)
"""

LOCK = "SELECT FROM schedules WHERE host_id = $1 FOR UPDATE"

PUT_OVERRIDE = """
    INSERT INTO schedule_overrides (host_id, on_date, windows)
    VALUES ($1, $2, $3)
    ON CONFLICT (host_id, on_date) DO UPDATE
       SET windows = excluded.windows
"""

TOO_MANY_OVERRIDES = """
    SELECT count(*) > $2 OR sum(jsonb_array_length(windows)) > $3
      FROM schedule_overrides
     WHERE host_id = $1
"""

DELETE_OVERRIDE = "DELETE FROM schedule_overrides WHERE host_id = $1 AND on_date = $2"

FIND = f"""
    SELECT {SCHEDULE.qualified("s")},
           (SELECT jsonb_object_agg(o.on_date, o.windows)
              FROM schedule_overrides o
             WHERE o.host_id = s.host_id) AS overrides
      FROM schedules s
     WHERE s.host_id = $1
"""  # noqa: S608 - the columns are a constant


async def insert_default(connection: Connection, host_id: UUID, timezone: str) -> None:
    """Insert office hours in `timezone` unless the host has a schedule."""
    weekly = default_schedule(timezone).weekly
    await connection.execute(INSERT_DEFAULT, host_id, timezone, _weekly_rows(weekly))


async def replace(connection: Connection, host_id: UUID, schedule: Schedule) -> None:
    """Replace the host's schedule and overrides."""
    weekly, overrides = rows_of(schedule)
    await connection.execute(REPLACE, host_id, schedule.timezone, weekly)
    await connection.execute(DELETE_OVERRIDES, host_id)
    await connection.execute(INSERT_OVERRIDES, host_id, overrides)


async def lock(connection: Connection, host_id: UUID) -> None:
    """Make other writers of the host's hours wait until the transaction ends."""
    await connection.execute(LOCK, host_id)


async def put_override(connection: Connection, host_id: UUID, day: date, windows: Windows) -> None:
    """Insert or replace the override of one date; no windows close it.

    Raises TooManyOverrides; the transaction must then be rolled back.
    """
    await lock(connection, host_id)  # so that the count is right
    await connection.execute(PUT_OVERRIDE, host_id, day, _rows(windows))
    most = MOST_OVERRIDES, MOST_OVERRIDE_WINDOWS
    if await connection.fetchval(TOO_MANY_OVERRIDES, host_id, *most):
        raise TooManyOverrides


async def delete_override(connection: Connection, host_id: UUID, day: date) -> bool:
    """Return False when the date has no override."""
    await lock(connection, host_id)  # another schedule may be becoming the default
    return await connection.execute(DELETE_OVERRIDE, host_id, day) == "DELETE 1"


async def find(connection: Connection, host_id: UUID) -> Schedule | None:
    row = await connection.fetchrow(FIND, host_id)
    return read(row["timezone"], row["weekly"], row["overrides"]) if row else None


def read(
    timezone: str,
    weekly: Sequence[Sequence[Sequence[int]]],
    overrides: Mapping[str, Sequence[Sequence[int]]] | None,
) -> Schedule:
    """Return a schedule from its columns and its overrides by date."""
    return Schedule(
        timezone,
        {weekday: _windows(weekly[weekday]) for weekday in DAYS},
        {date.fromisoformat(day): _windows(rows) for day, rows in (overrides or {}).items()},
    )


def rows_of(schedule: Schedule) -> tuple[list[Any], dict[str, Any]]:
    """Return the weekly windows and the overrides by date, as they are stored."""
    overrides = {day.isoformat(): _rows(windows) for day, windows in schedule.overrides.items()}
    return _weekly_rows(schedule.weekly), overrides


def _windows(rows: Sequence[Sequence[int]]) -> Windows:
    return tuple(Window(start, end) for start, end in rows)


def _weekly_rows(weekly: Mapping[int, Windows]) -> list[Any]:
    return [_rows(weekly.get(weekday, ())) for weekday in DAYS]


def _rows(windows: Windows) -> list[list[int]]:
    return [[window.start_minute, window.end_minute] for window in windows]
