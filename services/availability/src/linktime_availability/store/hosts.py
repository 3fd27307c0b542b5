"""The projection of users."""

from uuid import UUID

from linktime_availability.domain.event_type import Host
from linktime_common.contracts.events.scim import UserState
from linktime_common.postgres import Connection

MOST_OF_ONE_NAME = 10

UPSERT = """
    INSERT INTO hosts (id, username, name, email, timezone, active, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id) DO UPDATE
       SET username = excluded.username, name = excluded.name, email = excluded.email,
           timezone = excluded.timezone, active = excluded.active, version = excluded.version
     WHERE hosts.version < excluded.version
    RETURNING id
"""

FIND = "SELECT id, username, name, email, timezone, active FROM hosts WHERE id = $1"

FIND_BY_USERNAME = """
    SELECT id, username, name, email, timezone, active
      FROM hosts
     WHERE username = $1
     ORDER BY version DESC, id
     LIMIT $2
"""


async def upsert(connection: Connection, user: UserState, version: int) -> bool:
    """Keep the user as of `version`; False when something newer is known."""
    written = await connection.fetchval(
        UPSERT,
        user.id,
        user.username,
        user.name,
        user.email,
        user.timezone,
        user.active,
        version,
    )
    return written is not None


async def find(connection: Connection, host_id: UUID) -> Host | None:
    row = await connection.fetchrow(FIND, host_id)
    return Host(**row) if row else None


async def find_by_username(connection: Connection, username: str) -> list[Host]:
    """Whoever goes by that name here, the latest known first; more than one while events travel."""
    rows = await connection.fetch(FIND_BY_USERNAME, username, MOST_OF_ONE_NAME)
    return [Host(**row) for row in rows]
