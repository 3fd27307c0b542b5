"""Deletes all rows of a host who was deleted."""

from uuid import UUID

from linktime_common.owned_rows import IN_BLOCKS, block_ranges, delete_rows, delete_unindexed
from linktime_common.postgres import Connection, Database

OF_HOST = "host_id = $1"
OF_CALENDARS = "calendar_id IN (SELECT id FROM calendars WHERE host_id = $1)"

# Freed reservations have no index by host, versions of bookings no host at all.
RESERVATIONS = f"""
    WITH gone AS (
        DELETE FROM reservations
         WHERE {IN_BLOCKS}
           AND {OF_HOST}
        RETURNING booking_id
    )
    DELETE FROM booking_versions
     WHERE booking_id IN (SELECT booking_id FROM gone)
"""  # noqa: S608 - the conditions are constants

# Rows before those that they refer to.
INDEXED = (
    ("calendar_event_links", OF_CALENDARS),
    ("calendar_objects", OF_CALENDARS),
    ("calendars", OF_HOST),
    ("calendar_accounts", OF_HOST),
    ("calendar_policies", OF_HOST),
    ("former_slugs", OF_HOST),
    ("event_types", OF_HOST),
    ("other_schedules", OF_HOST),
    ("schedule_overrides", OF_HOST),
    ("schedules", OF_HOST),
    ("time_off", OF_HOST),
    ("holiday_settings", OF_HOST),
    ("brands", OF_HOST),
    ("hosts", "id = $1"),
)

CLOSE = "UPDATE hosts SET active = false WHERE id = $1"


async def close(connection: Connection, host_id: UUID) -> None:
    """Take no more bookings; the rows are deleted later."""
    await connection.execute(CLOSE, host_id)


async def delete_host(database: Database, host_id: UUID) -> bool:
    """Delete the host's rows in batches; nothing has to wait."""
    for table, condition in INDEXED:
        await delete_rows(database, table, host_id, condition)
    for first, end in await block_ranges(database, "reservations"):
        async with database.connection() as connection:
            await connection.execute(RESERVATIONS, host_id, first, end)
    await delete_unindexed(database, "erasure_rounds", host_id)
    return True
