"""Creates an organization with its owner as the first member."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import OrganizationNotFound
from linktime_scim.domain.organization import Joined, Organization, Role
from linktime_scim.store import memberships, organizations


@dataclass(frozen=True)
class CreateOrganization:
    name: str
    owner_id: UUID


async def create_organization(command: CreateOrganization, deps: Deps) -> Organization:
    """Create the organization; raises UserNotFound when the owner does not exist.

    Publishes no event: the organization gives its owner the owner's own plan.
    """
    async with deps.database.transaction() as connection:
        organization_id = await _write(connection, command, deps)
        organization = await organizations.find(connection, organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return organization


async def found_organization(
    command: CreateOrganization, deps: Deps, attempt: WriteAttempt[Joined]
) -> Joined:
    """As `create_organization`, by the owner, with the same exceptions."""
    async with deps.database.transaction() as connection:
        organization_id = await _write(connection, command, deps)
        joined = await memberships.find(
            connection, user_id=command.owner_id, organization_id=organization_id
        )
        await attempt.keep(connection, joined)
        return joined


async def _write(connection: Connection, command: CreateOrganization, deps: Deps) -> UUID:
    organization_id, now = new_id(), deps.clock.now()
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
    return organization_id
