"""Invitations to organizations."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.caseless import lowercase_key
from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_scim.domain.errors import InvitationNotFound
from linktime_scim.domain.invitation import Invitation, ReceivedInvitation
from linktime_scim.domain.organization import Role

CLEAR_BATCH = 1_000

INVITATION = Columns("id", "email", "role", "created_at", "expires_at")

# Another invitation to the same address replaces the first.
SAVE = f"""
    INSERT INTO invitations (organization_id, email_key, invited_by, {INVITATION})
    VALUES ($1, $2, $3, {INVITATION.placeholders(first=4)})
    ON CONFLICT (organization_id, email_key) DO UPDATE
       SET invited_by = excluded.invited_by,
           {INVITATION.without("id").assignments_from("excluded")}
    RETURNING {INVITATION}
"""  # noqa: S608 - the columns are a constant

_SENT = f"""
    SELECT {INVITATION}
      FROM invitations
     WHERE expires_at > $1
       AND organization_id = $2
"""  # noqa: S608 - the columns are a constant

LIST_SENT = f"{_SENT} ORDER BY created_at DESC, id LIMIT $3 OFFSET $4"

COUNT_SENT = "SELECT count(*) FROM invitations WHERE expires_at > $1 AND organization_id = $2"

FIND_SENT = f"{_SENT} AND id = $3"

FIND_SENT_TO = f"{_SENT} AND email_key = $3"

IS_MEMBER = """
    SELECT true
      FROM memberships
      JOIN users ON users.id = memberships.user_id
     WHERE memberships.organization_id = $1
       AND users.email_key = $2
"""

# A member has nothing left to accept.
LIST_RECEIVED = """
    SELECT invitations.id, organization_id, organizations.name AS organization_name, role,
           invitations.created_at, expires_at
      FROM invitations
      JOIN organizations ON organizations.id = organization_id
     WHERE expires_at > $1
       AND email_key = $2
       AND organization_id NOT IN (SELECT organization_id FROM memberships WHERE user_id = $3)
     ORDER BY invitations.created_at DESC, invitations.id
     LIMIT $4
    OFFSET $5
"""

COUNT_RECEIVED = """
    SELECT count(*)
      FROM invitations
     WHERE expires_at > $1
       AND email_key = $2
       AND organization_id NOT IN (SELECT organization_id FROM memberships WHERE user_id = $3)
"""

FIND_RECEIVED = """
    SELECT organization_id, role
      FROM invitations
     WHERE expires_at > $1
       AND email_key = $2
       AND id = $3
"""

REMOVE = "DELETE FROM invitations WHERE id = $1"

REMOVE_TO = "DELETE FROM invitations WHERE organization_id = $1 AND email_key = $2"

REMOVE_BY = "DELETE FROM invitations WHERE organization_id = $1 AND invited_by = $2"

REMOVE_ALL_BY = """
    DELETE FROM invitations
     USING memberships
     WHERE memberships.user_id = $1
       AND invitations.organization_id = memberships.organization_id
       AND invitations.invited_by = memberships.user_id
"""

CLEAR = """
    DELETE FROM invitations
     WHERE id IN (
         SELECT id
           FROM invitations
          WHERE expires_at <= $1
          ORDER BY expires_at
          LIMIT $2
            FOR UPDATE SKIP LOCKED
     )
    RETURNING id
"""


async def save(
    connection: Connection, organization_id: UUID, invitation: Invitation, *, invited_by: UUID
) -> Invitation:
    """Store the invitation; it replaces one to the same address and keeps that one's id."""
    rows = await connection.fetch(
        SAVE,
        organization_id,
        lowercase_key(invitation.email),
        invited_by,
        *INVITATION.values(invitation),
    )
    return _sent(rows[0])


async def is_member(connection: Connection, organization_id: UUID, email: str) -> bool:
    """Return whether the account with this e-mail, if any, is a member."""
    return bool(await connection.fetchval(IS_MEMBER, organization_id, lowercase_key(email)))


async def page_sent(
    connection: Connection, organization_id: UUID, *, now: datetime, limit: int, offset: int
) -> tuple[list[Invitation], int]:
    """Return the organization's open invitations, newest first, and how many there are."""
    rows = await connection.fetch(LIST_SENT, now, organization_id, limit, offset)
    return [_sent(row) for row in rows], await count_sent(connection, organization_id, now=now)


async def count_sent(connection: Connection, organization_id: UUID, *, now: datetime) -> int:
    """Return how many open invitations the organization has."""
    return int(await connection.fetchval(COUNT_SENT, now, organization_id))


async def find_sent(
    connection: Connection, organization_id: UUID, invitation_id: UUID, *, now: datetime
) -> Invitation:
    """Return an open invitation of the organization; raises InvitationNotFound."""
    row = await connection.fetchrow(FIND_SENT, now, organization_id, invitation_id)
    if row is None:
        raise InvitationNotFound(organization_id=organization_id, invitation_id=invitation_id)
    return _sent(row)


async def find_sent_to(
    connection: Connection, organization_id: UUID, email: str, *, now: datetime
) -> Invitation | None:
    """Return the organization's open invitation to this address in any letter case, or None."""
    row = await connection.fetchrow(FIND_SENT_TO, now, organization_id, lowercase_key(email))
    return _sent(row) if row else None


async def page_received(
    connection: Connection, *, email: str, user_id: UUID, now: datetime, limit: int, offset: int
) -> tuple[list[ReceivedInvitation], int]:
    """Return the open invitations to an account's address, newest first, and how many there are."""
    whose = (now, lowercase_key(email), user_id)
    rows = await connection.fetch(LIST_RECEIVED, *whose, limit, offset)
    found = [ReceivedInvitation(**{**row, "role": Role(row["role"])}) for row in rows]
    return found, int(await connection.fetchval(COUNT_RECEIVED, *whose))


async def find_received(
    connection: Connection, invitation_id: UUID, *, email: str, now: datetime
) -> tuple[UUID, Role]:
    """Return the organization and the role of an open invitation to this address.

    Raises InvitationNotFound.
    """
    row = await connection.fetchrow(FIND_RECEIVED, now, lowercase_key(email), invitation_id)
    if row is None:
        raise InvitationNotFound(invitation_id=invitation_id)
    return row["organization_id"], Role(row["role"])


async def remove(connection: Connection, invitation_id: UUID) -> None:
    """Delete the invitation."""
    await connection.execute(REMOVE, invitation_id)


async def remove_to(connection: Connection, organization_id: UUID, email: str) -> None:
    """Delete the invitation to an account whose membership begins or ends otherwise."""
    await connection.execute(REMOVE_TO, organization_id, lowercase_key(email))


async def remove_by(connection: Connection, organization_id: UUID, user_id: UUID) -> None:
    """Delete the invitations sent by a user who may no longer invite."""
    await connection.execute(REMOVE_BY, organization_id, user_id)


async def remove_all_by(connection: Connection, user_id: UUID) -> None:
    """Delete the invitations of all organizations that were sent by a user."""
    await connection.execute(REMOVE_ALL_BY, user_id)


async def clear(connection: Connection, *, now: datetime) -> bool:
    """Delete a batch of expired invitations; return whether there may be more."""
    return len(await connection.fetch(CLEAR, now, CLEAR_BATCH)) == CLEAR_BATCH


def _sent(row: Record) -> Invitation:
    return Invitation(**{**row, "role": Role(row["role"])})
