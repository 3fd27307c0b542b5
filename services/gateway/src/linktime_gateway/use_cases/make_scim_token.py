"""An organization gets a SCIM token."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.scim import Plan
from linktime_common.http.idempotency import Attempt
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import SCIM_TOKEN_PREFIX, issue
from linktime_gateway.domain.errors import OrganizationNotFound, PlanWithoutScim
from linktime_gateway.store import scim_tokens


@dataclass(frozen=True)
class NewToken:
    """`secret` is the token itself, or None where it is not shown again."""

    id: UUID
    secret: str | None


async def make_scim_token(
    organization_id: UUID, deps: Deps, attempt: Attempt[NewToken] | None = None
) -> tuple[UUID, str]:
    """Make a token: its id and itself, which nothing else will ever hold.

    What `attempt` keeps for a repeat is without it. Raises OrganizationNotFound, PlanWithoutScim.
    """
    organization = await deps.directory.organization(organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    if organization.plan is not Plan.BUSINESS:
        raise PlanWithoutScim(organization_id=organization_id)
    issued = issue(SCIM_TOKEN_PREFIX)
    token_id = new_id()
    async with deps.database.transaction() as connection:
        if attempt is not None:
            await attempt.keep(connection, NewToken(token_id, None))
        await scim_tokens.insert(
            connection,
            token_id=token_id,
            organization_id=organization_id,
            issued=issued,
            now=deps.clock.now(),
        )
    return token_id, issued.token
