"""What the owner of an organization does with its SCIM tokens.

Whose organization it is, only the directory knows; somebody else's is not found.
"""

from uuid import UUID

from linktime_common.contracts.internal_api.gateway import MadeScimToken, ScimToken
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import OrganizationNotFound, ScimTokenNotFound
from linktime_gateway.store import scim_tokens
from linktime_gateway.use_cases.make_scim_token import make_scim_token


async def list_own_tokens(user_id: UUID, organization_id: UUID, deps: Deps) -> list[ScimToken]:
    """Newest first; raises OrganizationNotFound."""
    await _check_owner(user_id, organization_id, deps)
    async with deps.database.connection() as connection:
        return await scim_tokens.list_of(connection, organization_id)


async def make_own_token(user_id: UUID, organization_id: UUID, deps: Deps) -> MadeScimToken:
    """Raises OrganizationNotFound, PlanWithoutScim."""
    await _check_owner(user_id, organization_id, deps)
    return await make_scim_token(organization_id, deps)


async def revoke_own_token(
    user_id: UUID, organization_id: UUID, token_id: UUID, deps: Deps
) -> None:
    """Also possible on a smaller plan; raises OrganizationNotFound, ScimTokenNotFound."""
    await _check_owner(user_id, organization_id, deps)
    async with deps.database.connection() as connection:
        found = await scim_tokens.revoke(
            connection, organization_id=organization_id, token_id=token_id, now=deps.clock.now()
        )
    if not found:
        raise ScimTokenNotFound(organization_id=organization_id, token_id=token_id)


async def _check_owner(user_id: UUID, organization_id: UUID, deps: Deps) -> None:
    organization = await deps.directory.organization(organization_id)
    if organization is None or organization.owner_id != user_id:
        raise OrganizationNotFound(organization_id=organization_id)
