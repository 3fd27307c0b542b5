"""What is deleted with an account: memberships, invitations, and organizations without others."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from linktime_common.caseless import lowercase_key
from linktime_common.errors import Contended
from linktime_common.postgres import Connection

# In the order of every lock of organizations, which are locked before accounts.
LOCK_ORGANIZATIONS = """
    SELECT id, owner_id
      FROM organizations
     WHERE owner_id = $1
        OR id IN (SELECT organization_id FROM memberships WHERE user_id = $1)
     ORDER BY id
       FOR UPDATE
"""

HAVE_OTHERS = """
    SELECT EXISTS (
        SELECT FROM memberships WHERE organization_id = ANY ($2::uuid[]) AND user_id <> $1
    )
"""

DELETE_INVITATIONS = "DELETE FROM invitations WHERE email_key = $1"

# The invitations that the user sent go with them.
DELETE_MEMBERSHIPS = "DELETE FROM memberships WHERE user_id = $1"

OF_ORGANIZATIONS = (
    "DELETE FROM member_refreshes WHERE organization_id = ANY ($1::uuid[])",
    "DELETE FROM verified_domains WHERE organization_id = ANY ($1::uuid[])",
    "DELETE FROM organizations WHERE id = ANY ($1::uuid[])",
)

DELETE_FORMER_USERNAMES = "DELETE FROM former_usernames WHERE user_id = $1"

DELETE_USER = "DELETE FROM users WHERE id = $1"


async def lock_organizations(connection: Connection, user_id: UUID) -> list[UUID]:
    """Lock the organizations that the user owns or is a member of; return the owned ones."""
    rows = await connection.fetch(LOCK_ORGANIZATIONS, user_id)
    return [row["id"] for row in rows if row["owner_id"] == user_id]


async def have_others(
    connection: Connection, organization_ids: Sequence[UUID], user_id: UUID
) -> bool:
    """Return whether one of the organizations has another member, active or not."""
    return bool(await connection.fetchval(HAVE_OTHERS, user_id, organization_ids))


async def delete_account(
    connection: Connection, user_id: UUID, email: str, organization_ids: Sequence[UUID]
) -> None:
    """Delete the locked account with all that belongs to it, and the organizations.

    Raises Contended when the user has created or joined an organization meanwhile.
    """
    await connection.execute(DELETE_INVITATIONS, lowercase_key(email))
    await connection.execute(DELETE_MEMBERSHIPS, user_id)
    for statement in OF_ORGANIZATIONS:
        await connection.execute(statement, organization_ids)
    await connection.execute(DELETE_FORMER_USERNAMES, user_id)
    try:
        await connection.execute(DELETE_USER, user_id)
    except asyncpg.ForeignKeyViolationError as error:
        raise Contended("the user has another organization now") from error
