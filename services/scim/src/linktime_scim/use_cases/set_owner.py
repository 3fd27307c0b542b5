"""Gives an organization another owner."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import InactiveOwner, OrganizationNotFound, UserNotFound
from linktime_scim.domain.organization import Organization, Role
from linktime_scim.store import member_refreshes, memberships, organizations, users
from linktime_scim.use_cases.deactivate_member import deactivate_member
from linktime_scim.use_cases.publish_change import publish_member_change


@dataclass(frozen=True)
class SetOwner:
    organization_id: UUID
    user_id: UUID


async def set_owner(command: SetOwner, deps: Deps) -> Organization:
    """Make an active member the owner, and the owner an admin; return the organization.

    Its plan is that of the new owner; members are published in batches later. The identity provider
    keeps what it manages, and an `active: false` that it sent for the former owner takes effect.
    Setting the present owner changes nothing. Raises OrganizationNotFound,
    MemberNotFound, InactiveOwner.
    """
    organization_id = command.organization_id
    async with deps.database.transaction() as connection:
        owner_id = await organizations.lock(connection, organization_id)
        if owner_id != command.user_id:
            await _change(connection, command, owner_id, deps)
        organization = await organizations.find(connection, organization_id)
        if organization is None:
            raise OrganizationNotFound(organization_id=organization_id)
        return organization


async def _change(connection: Connection, command: SetOwner, owner_id: UUID, deps: Deps) -> None:
    organization_id, user_id = command.organization_id, command.user_id
    await memberships.role(connection, organization_id=organization_id, user_id=user_id)
    # A change of either plan waits.
    await users.lock_some(connection, [owner_id, user_id])
    accounts = await users.find_some(connection, [owner_id, user_id])
    found = {account.id: account for account in accounts}
    if user_id not in found:
        raise UserNotFound(user_id=user_id)
    if not found[user_id].is_active:
        raise InactiveOwner(user_id=user_id)
    for member_id, role in ((owner_id, Role.ADMIN), (user_id, Role.OWNER)):
        await memberships.set_role(
            connection, organization_id=organization_id, user_id=member_id, role=role
        )
    await organizations.set_owner(connection, organization_id, user_id)
    await deactivate_member(connection, organization_id, found[owner_id])
    # While it waits, both accounts are published even if their states are the same.
    await member_refreshes.add(connection, organization_id)
    for account in accounts:
        await publish_member_change(connection, organization_id, account, deps)
