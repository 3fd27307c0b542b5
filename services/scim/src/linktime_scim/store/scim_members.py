"""Memberships as identity providers keep them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.contracts.events.scim import Plan
from linktime_common.postgres import Connection
from linktime_scim.domain.errors import AlreadyProvisioned, MemberNotFound, UserNameTaken
from linktime_scim.domain.organization import Role
from linktime_scim.domain.provisioning import Attributes, Provisioned, SearchKeys
from linktime_scim.store.scim_filters import EVERYBODY, Condition

PLAN = """
    SELECT owners.plan
      FROM organizations
      JOIN users AS owners ON owners.id = owner_id
     WHERE organizations.id = $1
"""

# Shared, so that providers' writes run concurrently; changes of the members by the dashboard, and
# of the owner's plan, are serialized with them.
HOLD_ORGANIZATION = "SELECT id FROM organizations WHERE id = $1 FOR SHARE"

MEMBERSHIP = Columns("id", "organization_id", "user_id", "role")
PROVIDED = Columns(
    active="scim_active",
    attributes="scim_attributes",
    version="scim_version",
    created_at="scim_created_at",
    updated_at="scim_updated_at",
)
KEYS = Columns(
    "external_id",
    user_name="user_name_key",
    display_name="display_name_key",
    emails="emails_key",
    work_emails="work_emails_key",
)
MEMBER = MEMBERSHIP + PROVIDED
FROM_PROVIDER = PROVIDED + KEYS

_READ = f"""
    SELECT {MEMBER}
      FROM memberships
     WHERE organization_id = $1
       AND scim_attributes IS NOT NULL
"""  # noqa: S608 - the columns are a constant

FIND = f"{_READ} AND id = $2"

# With all columns, as userName is part of a key.
LOCK = f"{FIND} FOR UPDATE"

COUNT = """
    SELECT count(*)
      FROM memberships
     WHERE organization_id = $1
       AND scim_attributes IS NOT NULL
"""

IDS = """
    SELECT id
      FROM memberships
     WHERE organization_id = $1
       AND scim_attributes IS NOT NULL
"""

# A membership created in the dashboard keeps its role, and an owner stays active.
PROVISION = f"""
    INSERT INTO memberships (
        id, organization_id, user_id, role, active, created_at, {FROM_PROVIDER}
    )
    VALUES ($1, $2, $3, 'member', $4, $5, {FROM_PROVIDER.placeholders(first=6)})
    ON CONFLICT (organization_id, user_id) DO UPDATE
       SET active = CASE memberships.role WHEN 'owner' THEN true ELSE excluded.active END,
           {FROM_PROVIDER.assignments_from("excluded")}
     WHERE memberships.scim_attributes IS NULL
    RETURNING {MEMBER}
"""  # noqa: S608 - the columns are a constant

CHANGE = f"""
    UPDATE memberships
       SET active = CASE role WHEN 'owner' THEN true ELSE $3 END,
           scim_active = $3,
           scim_updated_at = $4,
           scim_attributes = $5,
           scim_version = greatest(scim_version + 1, $6),
           {KEYS.assignments(first=7)}
     WHERE organization_id = $1
       AND id = $2
    RETURNING {MEMBER}
"""  # noqa: S608 - the columns are a constant

# Repeated for a member who stayed active as the owner.
SUSPEND = """
    UPDATE memberships
       SET active = false
     WHERE organization_id = $1
       AND user_id = $2
       AND role <> 'owner'
       AND NOT scim_active
    RETURNING true
"""

REMOVE = "DELETE FROM memberships WHERE organization_id = $1 AND id = $2"

# With another id: to the provider, a person provisioned again is a new user.
FORGET = f"""
    UPDATE memberships
       SET id = $3, {FROM_PROVIDER.assignments_of("NULL")}
     WHERE organization_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant


@dataclass(frozen=True)
class ProvisionedPage:
    """One page of members and the total."""

    total: int
    members: Sequence[Provisioned]


async def plan(connection: Connection, organization_id: UUID) -> Plan | None:
    """Return the plan of the organization, or None if it does not exist."""
    found = await connection.fetchval(PLAN, organization_id)
    return Plan(found) if found else None


async def hold_organization(connection: Connection, organization_id: UUID) -> None:
    """Block the dashboard's changes of members, and of the plan, until the transaction ends."""
    await connection.execute(HOLD_ORGANIZATION, organization_id)


async def find(connection: Connection, organization_id: UUID, member_id: UUID) -> Provisioned:
    """Return the member; raises MemberNotFound."""
    return _found(await connection.fetchrow(FIND, organization_id, member_id), member_id)


async def lock(connection: Connection, organization_id: UUID, member_id: UUID) -> Provisioned:
    """As `find`, and lock the member until the transaction ends."""
    return _found(await connection.fetchrow(LOCK, organization_id, member_id), member_id)


async def page(
    connection: Connection,
    organization_id: UUID,
    *,
    condition: Condition = EVERYBODY,
    offset: int,
    limit: int,
) -> ProvisionedPage:
    """Return a page of the members that meet the condition, oldest first."""
    values = [organization_id, *condition.values]
    total = await connection.fetchval(f"{COUNT} AND {condition.sql}", *values)
    if not limit or offset >= total:
        return ProvisionedPage(total, [])
    order = "ORDER BY scim_created_at, id"
    part = f"{order} LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}"
    # The index alone decides which members are on a page, however far back it is.
    statement = f"{_READ} AND id IN ({IDS} AND {condition.sql} {part}) {order}"
    rows = await connection.fetch(statement, *values, limit, offset)
    return ProvisionedPage(total, [_member(row) for row in rows])


async def provision(
    connection: Connection,
    *,
    member_id: UUID,
    organization_id: UUID,
    user_id: UUID,
    active: bool,
    attributes: Attributes,
    keys: SearchKeys,
    version: int,
    now: datetime,
) -> Provisioned:
    """Provision the membership, new or present.

    Raises AlreadyProvisioned, UserNameTaken.
    """
    row = await _write(
        connection,
        PROVISION,
        member_id,
        organization_id,
        user_id,
        active,
        now,
        active,
        attributes,
        version,
        now,
        now,
        *KEYS.values(keys),
    )
    if row is None:
        raise AlreadyProvisioned(organization_id=organization_id, user_id=user_id)
    return _member(row)


async def change(
    connection: Connection,
    member: Provisioned,
    *,
    active: bool,
    attributes: Attributes,
    keys: SearchKeys,
    version: int,
    now: datetime,
) -> Provisioned:
    """Change a locked member; raises UserNameTaken."""
    row = await _write(
        connection,
        CHANGE,
        member.organization_id,
        member.id,
        active,
        now,
        attributes,
        version,
        *KEYS.values(keys),
    )
    return _found(row, member.id)


async def suspend(connection: Connection, organization_id: UUID, user_id: UUID) -> bool:
    """Suspend the membership if the provider has deactivated it; return whether it has.

    The owner's membership stays active.
    """
    return bool(await connection.fetchval(SUSPEND, organization_id, user_id))


async def remove(connection: Connection, member: Provisioned) -> None:
    """Delete a locked membership."""
    await connection.execute(REMOVE, member.organization_id, member.id)


async def forget(connection: Connection, member: Provisioned, *, new_id: UUID) -> None:
    """Erase the provider's attributes of a locked membership."""
    await connection.execute(FORGET, member.organization_id, member.id, new_id)


async def _write(connection: Connection, statement: str, *values: Any) -> Record | None:
    try:
        return await connection.fetchrow(statement, *values)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "memberships_user_name_is_unique":
            raise
        raise UserNameTaken from error


def _found(row: Record | None, member_id: UUID) -> Provisioned:
    if row is None:
        raise MemberNotFound(member_id=member_id)
    return _member(row)


def _member(row: Record) -> Provisioned:
    membership = MEMBERSHIP.fields(row)
    return Provisioned(**{**membership, "role": Role(membership["role"])}, **PROVIDED.fields(row))
