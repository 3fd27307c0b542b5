"""The operator verifies an e-mail domain of an organization."""

from dataclasses import dataclass
from uuid import UUID

from linktime_scim.deps import Deps
from linktime_scim.domain.errors import DomainTaken, OrganizationNotFound
from linktime_scim.domain.organization import Organization
from linktime_scim.store import organizations


@dataclass(frozen=True)
class VerifyDomain:
    organization_id: UUID
    domain: str


async def verify_domain(command: VerifyDomain, deps: Deps) -> Organization:
    """Return the organization; idempotent. Raises OrganizationNotFound, DomainTaken."""
    async with deps.database.transaction() as connection:
        if await organizations.find(connection, command.organization_id) is None:
            raise OrganizationNotFound(organization_id=command.organization_id)
        holder = await organizations.add_domain(
            connection, command.organization_id, command.domain, now=deps.clock.now()
        )
        if holder != command.organization_id:
            raise DomainTaken(organization_id=command.organization_id)
        organization = await organizations.find(connection, command.organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=command.organization_id)
    return organization
