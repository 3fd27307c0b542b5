"""Renames an organization."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_scim.deps import Deps
from linktime_scim.domain.organization import Joined, refuse_managing
from linktime_scim.store import memberships


@dataclass(frozen=True)
class RenameOrganization:
    by: UUID
    organization_id: UUID
    name: str


async def rename_organization(
    command: RenameOrganization, deps: Deps, attempt: WriteAttempt[Joined]
) -> Joined:
    """Return the renamed organization; raises OrganizationNotFound, NotAllowed."""
    named = {"user_id": command.by, "organization_id": command.organization_id}
    async with deps.database.transaction() as connection:
        role, _owner_id = await memberships.lock(connection, **named)
        refuse_managing(role)
        await memberships.rename(connection, command.organization_id, command.name)
        joined = await memberships.find(connection, **named)
        await attempt.keep(connection, joined)
        return joined
