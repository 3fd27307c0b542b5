"""Refreshes of the members of a changed organization, one batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection

ADD = """
    INSERT INTO member_refreshes (organization_id)
    SELECT id FROM organizations WHERE owner_id = $1 ORDER BY id
"""

ADD_ONE = "INSERT INTO member_refreshes (organization_id) VALUES ($1)"

IS_PENDING = "SELECT EXISTS (SELECT FROM member_refreshes WHERE organization_id = $1)"

TAKE = """
    SELECT id, organization_id, done_until
      FROM member_refreshes
     ORDER BY id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""

# The change itself published the owner's event; inactive memberships give no plan. Who leaves or
# becomes the owner meanwhile is published by that change.
LOCK_MEMBERS = """
    SELECT users.id
      FROM memberships
      JOIN organizations ON organizations.id = memberships.organization_id
      JOIN users ON users.id = memberships.user_id
     WHERE memberships.organization_id = $1
       AND memberships.user_id > $2
       AND memberships.active
       AND memberships.user_id <> organizations.owner_id
     ORDER BY memberships.user_id
     LIMIT $3
       FOR NO KEY UPDATE OF users
"""

ADVANCE = "UPDATE member_refreshes SET done_until = $2 WHERE id = $1"

REMOVE = "DELETE FROM member_refreshes WHERE id = $1"


@dataclass(frozen=True)
class Refresh:
    """One refresh and its progress."""

    id: int
    organization_id: UUID
    done_until: UUID


async def add_for_owner(connection: Connection, owner_id: UUID) -> None:
    """Add a refresh for each organization that the user owns."""
    await connection.execute(ADD, owner_id)


async def add(connection: Connection, organization_id: UUID) -> None:
    """Add a refresh for an organization."""
    await connection.execute(ADD_ONE, organization_id)


async def is_pending(connection: Connection, organization_id: UUID) -> bool:
    """Return whether a refresh of the locked organization is not done."""
    return bool(await connection.fetchval(IS_PENDING, organization_id))


async def take(connection: Connection) -> Refresh | None:
    """Return the oldest unlocked refresh, locked until the transaction ends."""
    row = await connection.fetchrow(TAKE)
    return Refresh(**row) if row else None


async def lock_members(connection: Connection, refresh: Refresh, limit: int) -> list[UUID]:
    """Return the next members, by id, with their accounts locked until the transaction ends."""
    rows = await connection.fetch(LOCK_MEMBERS, refresh.organization_id, refresh.done_until, limit)
    return [row["id"] for row in rows]


async def advance(connection: Connection, refresh: Refresh, members: Sequence[UUID]) -> None:
    """Store the last of `members` as the progress; without members the refresh ends."""
    if members:
        await connection.execute(ADVANCE, refresh.id, members[-1])
    else:
        await connection.execute(REMOVE, refresh.id)
