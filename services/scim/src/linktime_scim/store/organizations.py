"""Organizations with their memberships and verified domains."""

from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_scim.domain.errors import OrganizationNotFound, UserNotFound
from linktime_scim.domain.organization import Organization, OrganizationEntry, Role

INSERT = "INSERT INTO organizations (id, name, owner_id, created_at) VALUES ($1, $2, $3, $4)"

MEMBERSHIP = Columns("id", "organization_id", "user_id", "role", "created_at")

ADD_MEMBER = f"""
    INSERT INTO memberships ({MEMBERSHIP})
    VALUES ({MEMBERSHIP.placeholders()})
"""  # noqa: S608 - the columns are a constant

_ORGANIZATION = """
    SELECT organizations.id, organizations.name, owner_id, email AS owner_email, plan,
           ARRAY (
               SELECT domain
                 FROM verified_domains
                WHERE organization_id = organizations.id
                ORDER BY domain
                LIMIT 1000
           ) AS verified_domains
      FROM organizations
      JOIN users ON users.id = owner_id
"""

FIND = f"{_ORGANIZATION} WHERE organizations.id = $1"

LIST = f"{_ORGANIZATION} WHERE organizations.id > $1 ORDER BY organizations.id LIMIT $2"

# Serializes changes of an organization's members.
LOCK = "SELECT owner_id FROM organizations WHERE id = $1 FOR NO KEY UPDATE"

HOLD_OWNED = "SELECT id FROM organizations WHERE owner_id = $1 ORDER BY id FOR NO KEY UPDATE"

SET_OWNER = "UPDATE organizations SET owner_id = $2 WHERE id = $1"

ADD_DOMAIN = """
    INSERT INTO verified_domains (domain, organization_id, created_at)
    VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING
"""

DOMAIN_HOLDER = "SELECT organization_id FROM verified_domains WHERE domain = $1"


async def insert(
    connection: Connection, *, organization_id: UUID, name: str, owner_id: UUID, now: datetime
) -> None:
    """Add an organization; raises UserNotFound when the owner does not exist."""
    try:
        await connection.execute(INSERT, organization_id, name, owner_id, now)
    except asyncpg.ForeignKeyViolationError as error:
        raise UserNotFound(user_id=owner_id) from error


async def add_member(
    connection: Connection, *, organization_id: UUID, user_id: UUID, role: Role, now: datetime
) -> None:
    """Add an active membership."""
    await connection.execute(ADD_MEMBER, new_id(), organization_id, user_id, role, now)


async def find(connection: Connection, organization_id: UUID) -> Organization | None:
    row = await connection.fetchrow(FIND, organization_id)
    return _organization(row) if row else None


async def list_after(connection: Connection, after: UUID, limit: int) -> list[OrganizationEntry]:
    """Return up to `limit` organizations after the id `after`, by id."""
    rows = await connection.fetch(LIST, after, limit)
    return [OrganizationEntry(_organization(row), row["owner_email"]) for row in rows]


async def lock(connection: Connection, organization_id: UUID) -> UUID:
    """Lock the organization's members until the transaction ends; return the owner's id.

    Raises OrganizationNotFound.
    """
    owner_id: UUID | None = await connection.fetchval(LOCK, organization_id)
    if owner_id is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return owner_id


async def set_owner(connection: Connection, organization_id: UUID, owner_id: UUID) -> None:
    """Change the owner of a locked organization."""
    await connection.execute(SET_OWNER, organization_id, owner_id)


async def hold_owned(connection: Connection, owner_id: UUID) -> None:
    """Lock the members of the user's organizations until the transaction ends."""
    await connection.execute(HOLD_OWNED, owner_id)


async def domain_holder(connection: Connection, domain: str) -> UUID | None:
    """Return the organization that verified the domain, or None."""
    holder: UUID | None = await connection.fetchval(DOMAIN_HOLDER, domain)
    return holder


async def add_domain(
    connection: Connection, organization_id: UUID, domain: str, *, now: datetime
) -> UUID:
    """Return the organization that holds the domain: this one, or an earlier holder."""
    await connection.execute(ADD_DOMAIN, domain, organization_id, now)
    holder: UUID = await connection.fetchval(DOMAIN_HOLDER, domain)
    return holder


def _organization(row: Record) -> Organization:
    return Organization(
        id=row["id"],
        name=row["name"],
        owner_id=row["owner_id"],
        plan=Plan(row["plan"]),
        verified_domains=tuple(row["verified_domains"]),
    )
