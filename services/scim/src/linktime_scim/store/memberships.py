"""Memberships, and organizations as their members see them."""

from uuid import UUID

from asyncpg import Record

from linktime_common.contracts.events.scim import Plan
from linktime_common.postgres import Connection
from linktime_scim.domain.disclosure import Joining, shown_to_organization
from linktime_scim.domain.errors import MemberNotFound, OrganizationNotFound
from linktime_scim.domain.organization import Joined, Member, Role

_JOINED = """
    SELECT organizations.id, organizations.name, owners.plan, mine.role,
           organizations.created_at,
           (SELECT count(*) FROM memberships WHERE organization_id = organizations.id)
               AS member_count
      FROM memberships AS mine
      JOIN organizations ON organizations.id = mine.organization_id
      JOIN users AS owners ON owners.id = organizations.owner_id
     WHERE mine.user_id = $1
       AND mine.active
"""

LIST = f"{_JOINED} ORDER BY organizations.created_at, organizations.id LIMIT $2 OFFSET $3"

COUNT = "SELECT count(*) FROM memberships WHERE user_id = $1 AND active"

FIND = f"{_JOINED} AND organizations.id = $2"

# Serializes changes of an organization's members.
LOCK = """
    SELECT mine.role, organizations.owner_id
      FROM organizations
      JOIN memberships AS mine ON mine.organization_id = organizations.id
     WHERE organizations.id = $2
       AND mine.user_id = $1
       AND mine.active
       FOR NO KEY UPDATE OF organizations
"""

MY_ROLE = "SELECT role FROM memberships WHERE user_id = $1 AND organization_id = $2 AND active"

# A person who accepted an invitation was a member before the provider sent attributes.
_MEMBERS = """
    SELECT user_id, email, users.name, username, role, memberships.active, memberships.created_at,
           memberships.id AS membership_id,
           CASE WHEN memberships.created_at = scim_created_at THEN scim_attributes END
               AS attributes,
           verified_domains.domain IS NOT NULL AS holds_domain
      FROM memberships
      JOIN users ON users.id = user_id
      LEFT JOIN verified_domains
        ON verified_domains.domain = substring(email FROM '[^@]+$')
       AND verified_domains.organization_id = memberships.organization_id
     WHERE memberships.organization_id = $1
"""

# The index alone decides which members are on a page, however far back it is.
_PAGE = """
    SELECT user_id
      FROM memberships
     WHERE organization_id = $1
     ORDER BY created_at, user_id
     LIMIT $2
    OFFSET $3
"""

MEMBERS = f"{_MEMBERS} AND user_id IN ({_PAGE}) ORDER BY memberships.created_at, user_id"

COUNT_MEMBERS = "SELECT count(*) FROM memberships WHERE organization_id = $1"

MEMBERS_BY_ID = f"{_MEMBERS} AND (user_id = $2 OR memberships.id = $2) LIMIT 2"

IS_MEMBER = "SELECT true FROM memberships WHERE organization_id = $1 AND user_id = $2"

RENAME = "UPDATE organizations SET name = $2 WHERE id = $1"

SET_ROLE = "UPDATE memberships SET role = $3 WHERE organization_id = $1 AND user_id = $2"

REMOVE = "DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2"


async def page(
    connection: Connection, *, user_id: UUID, limit: int, offset: int
) -> tuple[list[Joined], int]:
    """Return the organizations the user is an active member of, oldest first, and how many."""
    rows = await connection.fetch(LIST, user_id, limit, offset)
    return [_joined(row) for row in rows], int(await connection.fetchval(COUNT, user_id))


async def find(connection: Connection, *, user_id: UUID, organization_id: UUID) -> Joined:
    """Return the organization; raises OrganizationNotFound unless the user is an active member."""
    row = await connection.fetchrow(FIND, user_id, organization_id)
    if row is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return _joined(row)


async def lock(
    connection: Connection, *, user_id: UUID, organization_id: UUID
) -> tuple[Role, UUID]:
    """Lock the organization's members until the transaction ends; return role and owner's id.

    Raises OrganizationNotFound unless the user is an active member.
    """
    row = await connection.fetchrow(LOCK, user_id, organization_id)
    # Read again: the lock may have waited for a change of this very role.
    role = await connection.fetchval(MY_ROLE, user_id, organization_id)
    if row is None or role is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return Role(role), row["owner_id"]


async def role(connection: Connection, *, organization_id: UUID, user_id: UUID) -> Role:
    """Return the role of an active member; raises MemberNotFound for others."""
    found = await connection.fetchval(MY_ROLE, user_id, organization_id)
    if found is None:
        raise MemberNotFound(organization_id=organization_id, user_id=user_id)
    return Role(found)


async def page_members(
    connection: Connection, organization_id: UUID, *, limit: int, offset: int
) -> tuple[list[Member], int]:
    """Return memberships, inactive ones too, oldest first, and how many there are."""
    rows = await connection.fetch(MEMBERS, organization_id, limit, offset)
    total = int(await connection.fetchval(COUNT_MEMBERS, organization_id))
    return [_member(row) for row in rows], total


async def member(
    connection: Connection, *, organization_id: UUID, member_id: UUID, by: UUID
) -> Member:
    """Return the member with that id in the list, or `by` with the own user id.

    Raises MemberNotFound.
    """
    for row in await connection.fetch(MEMBERS_BY_ID, organization_id, member_id):
        found = _member(row)
        if found.id == member_id or found.user_id == member_id == by:
            return found
    raise MemberNotFound(organization_id=organization_id, member_id=member_id)


async def is_member(connection: Connection, *, organization_id: UUID, user_id: UUID) -> bool:
    """Return whether the user has a membership, active or not."""
    return bool(await connection.fetchval(IS_MEMBER, organization_id, user_id))


async def rename(connection: Connection, organization_id: UUID, name: str) -> None:
    """Rename a locked organization."""
    await connection.execute(RENAME, organization_id, name)


async def set_role(
    connection: Connection, *, organization_id: UUID, user_id: UUID, role: Role
) -> None:
    """Change the role of a member of a locked organization."""
    await connection.execute(SET_ROLE, organization_id, user_id, role)


async def remove(connection: Connection, *, organization_id: UUID, user_id: UUID) -> None:
    """Remove a member of a locked organization."""
    await connection.execute(REMOVE, organization_id, user_id)


def _joined(row: Record) -> Joined:
    return Joined(**{**row, "plan": Plan(row["plan"]), "role": Role(row["role"])})


def _member(row: Record) -> Member:
    account = Member(
        id=row["user_id"],
        user_id=row["user_id"],
        email=row["email"],
        name=row["name"],
        username=row["username"],
        role=Role(row["role"]),
        active=row["active"],
        created_at=row["created_at"],
    )
    joining = Joining(row["membership_id"], row["attributes"], row["holds_domain"])
    return shown_to_organization(account, joining)
