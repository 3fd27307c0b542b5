"""An organization gets a SCIM token."""

from uuid import UUID

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import MadeScimToken
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import SCIM_TOKEN_PREFIX, issue
from linktime_gateway.domain.errors import OrganizationNotFound, PlanWithoutScim
from linktime_gateway.store import scim_tokens


async def make_scim_token(organization_id: UUID, deps: Deps) -> MadeScimToken:
    """Make a token; the answer holds it, and nothing else ever will."""
    organization = await deps.directory.organization(organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    if organization.plan is not Plan.BUSINESS:
        raise PlanWithoutScim(organization_id=organization_id)
    issued = issue(SCIM_TOKEN_PREFIX)
    token_id = new_id()
    async with deps.database.connection() as connection:
        await scim_tokens.insert(
            connection,
            token_id=token_id,
            organization_id=organization_id,
            issued=issued,
            now=deps.clock.now(),
        )
    return MadeScimToken(id=token_id, token=issued.token)
