"""Create a SCIM token for an organization."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import NamedScimToken
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import SCIM_TOKEN_PREFIX, issue
from linktime_gateway.domain.errors import OrganizationNotFound, PlanWithoutScim, TooManyScimTokens
from linktime_gateway.store import scim_tokens


@dataclass(frozen=True)
class MakeScimToken:
    organization_id: UUID
    name: str


@dataclass(frozen=True)
class NewToken:
    """`secret` is the token, or None in a stored response."""

    about: NamedScimToken
    secret: str | None


async def make_scim_token(
    command: MakeScimToken, deps: Deps, attempt: WriteAttempt[NewToken] | None = None
) -> tuple[NamedScimToken, str]:
    """Create a token and return it; it is not stored.

    `attempt` stores the response without the token. Raises OrganizationNotFound, PlanWithoutScim,
    TooManyScimTokens.
    """
    organization_id = command.organization_id
    organization = await deps.directory.organization(organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    if organization.plan is not Plan.BUSINESS:
        raise PlanWithoutScim(organization_id=organization_id)
    issued = issue(SCIM_TOKEN_PREFIX)
    about = NamedScimToken(id=new_id(), name=command.name, prefix=issued.prefix, last4=issued.last4)
    async with deps.database.transaction() as connection:
        if attempt is not None:
            await attempt.keep(connection, NewToken(about, None))
        live = await scim_tokens.count_live_for_insert(connection, organization_id)
        if live >= deps.caps.scim_tokens_per_organization:
            raise TooManyScimTokens(organization_id=organization_id)
        await scim_tokens.insert(
            connection,
            token_id=about.id,
            organization_id=organization_id,
            name=command.name,
            issued=issued,
            now=deps.clock.now(),
        )
    return about, issued.token
