"""The `hosts` table, a projection of users."""

from uuid import UUID

from linktime_availability.domain.event_type import Host
from linktime_common.columns import Columns
from linktime_common.contracts.events.scim import UserState
from linktime_common.postgres import Connection

MOST_OF_ONE_NAME = 10

COLUMNS = Columns("id", "username", "name", "email", "timezone", "active", "locale")

UPSERT = f"""
    INSERT INTO hosts (version, {COLUMNS})
    VALUES ($1, {COLUMNS.placeholders(first=2)})
    ON CONFLICT (id) DO UPDATE
       SET version = excluded.version, {COLUMNS.without("id").assignments_from("excluded")},
           active_since = CASE WHEN excluded.active AND NOT hosts.active THEN now()
                               ELSE hosts.active_since END
     WHERE hosts.version < excluded.version
    RETURNING id
"""  # noqa: S608 - the columns are a constant

FIND = f"SELECT {COLUMNS} FROM hosts WHERE id = $1"  # noqa: S608 - the columns are a constant

LOCK = "SELECT FROM hosts WHERE id = $1 FOR NO KEY UPDATE"

FIND_BY_USERNAME = f"""
    SELECT {COLUMNS}
      FROM hosts
     WHERE username = $1
     ORDER BY version DESC, id
     LIMIT $2
"""  # noqa: S608 - the columns are a constant


async def lock(connection: Connection, host_id: UUID) -> None:
    """Lock the host's row until the transaction ends; reservations do not wait for it."""
    await connection.execute(LOCK, host_id)


async def upsert(connection: Connection, user: UserState, version: int) -> bool:
    """Store the user; return False when that version or a newer one is stored."""
    written = await connection.fetchval(UPSERT, version, *COLUMNS.values(user))
    return written is not None


async def find(connection: Connection, host_id: UUID) -> Host | None:
    row = await connection.fetchrow(FIND, host_id)
    return Host(**row) if row else None


async def find_by_username(connection: Connection, username: str) -> list[Host]:
    """Return the hosts of that username, newest first; several until all events have arrived."""
    rows = await connection.fetch(FIND_BY_USERNAME, username, MOST_OF_ONE_NAME)
    return [Host(**row) for row in rows]
