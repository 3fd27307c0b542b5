"""Manage SCIM tokens as owner or admin of an organization.

The directory knows the roles; organizations of other users are not found.
"""

from uuid import UUID

from linktime_common.contracts.internal_api.gateway import ScimToken
from linktime_common.idempotency import WriteAttempt
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import (
    OrganizationNotFound,
    RoleNotEnough,
    ScimTokenNotFound,
)
from linktime_gateway.store import scim_tokens
from linktime_gateway.use_cases.make_scim_token import MakeScimToken, NewToken, make_scim_token

MANAGERS = frozenset({"owner", "admin"})


async def list_tokens(
    user_id: UUID, organization_id: UUID, deps: Deps, *, limit: int, offset: int
) -> tuple[list[ScimToken], int]:
    """Return a page, newest first, and the total; raises OrganizationNotFound, RoleNotEnough."""
    await _check_manager(user_id, organization_id, deps)
    async with deps.database.connection() as connection:
        found = await scim_tokens.list_of(connection, organization_id, limit=limit, offset=offset)
        return found, await scim_tokens.count(connection, organization_id)


async def make_token(
    user_id: UUID, command: MakeScimToken, deps: Deps, attempt: WriteAttempt[NewToken]
) -> NewToken:
    """Create a token.

    Raises OrganizationNotFound, RoleNotEnough, PlanWithoutScim, TooManyScimTokens.
    """
    await _check_manager(user_id, command.organization_id, deps)
    return NewToken(*await make_scim_token(command, deps, attempt))


async def revoke_token(
    user_id: UUID, organization_id: UUID, token_id: UUID, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Revoke a token, on any plan.

    Raises OrganizationNotFound, RoleNotEnough, ScimTokenNotFound.
    """
    await _check_manager(user_id, organization_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        found = await scim_tokens.revoke(
            connection, organization_id=organization_id, token_id=token_id, now=deps.clock.now()
        )
        if not found:
            raise ScimTokenNotFound(organization_id=organization_id, token_id=token_id)
    deps.scim_token_cache.forget(organization_id)


async def _check_manager(user_id: UUID, organization_id: UUID, deps: Deps) -> None:
    role = await deps.directory.role(organization_id, user_id)
    if role is None:
        raise OrganizationNotFound(organization_id=organization_id)
    if role not in MANAGERS:
        raise RoleNotEnough(organization_id=organization_id, user_id=user_id)
