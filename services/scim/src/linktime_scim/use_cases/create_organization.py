"""An organization comes into being, its owner the first member."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.ids import new_id
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import OrganizationNotFound
from linktime_scim.domain.organization import Organization, Role
from linktime_scim.store import organizations


@dataclass(frozen=True)
class CreateOrganization:
    name: str
    owner_id: UUID


async def create_organization(command: CreateOrganization, deps: Deps) -> Organization:
    """Raises UserNotFound when there is no such owner.

    No event: the plan an organization gives its owner is the owner's own.
    """
    organization_id, now = new_id(), deps.clock.now()
    async with deps.database.transaction() as connection:
        await organizations.insert(
            connection,
            organization_id=organization_id,
            name=command.name,
            owner_id=command.owner_id,
            now=now,
        )
        await organizations.add_member(
            connection,
            organization_id=organization_id,
            user_id=command.owner_id,
            role=Role.OWNER,
            now=now,
        )
        organization = await organizations.find(connection, organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return organization
