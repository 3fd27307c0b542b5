"""Check credentials and limits of a request. Limits come before the work they protect."""

from collections.abc import Awaitable, Callable

from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import ApiKeyGrant, ScimTokenGrant
from linktime_gateway.domain.errors import CredentialRefused, TooManyRequests
from linktime_gateway.domain.limits import Limit, Visitor
from linktime_gateway.store.grant_cache import GrantT
from linktime_gateway.use_cases.check_api_key import check_api_key
from linktime_gateway.use_cases.check_scim_token import check_scim_token


async def admit_key(authorization: str | None, visitor: Visitor, deps: Deps) -> ApiKeyGrant:
    """Return the grant of a valid key that has requests left.

    Raises TooManyRequests, a CredentialRefused, or Unavailable.
    """
    grant = await _checked(check_api_key, authorization, visitor, deps)
    visitor.grant = grant
    await spend(Limit.API_KEY, grant.counted_as, visitor, deps)
    return grant


async def admit_scim_token(
    authorization: str | None, visitor: Visitor, deps: Deps
) -> ScimTokenGrant:
    """Return the grant of a valid token that has requests left; raises as `admit_key` does."""
    grant = await _checked(check_scim_token, authorization, visitor, deps)
    visitor.grant = grant
    await spend(Limit.SCIM, grant.counted_as, visitor, deps)
    return grant


async def _checked(
    check: Callable[[str | None, Deps], Awaitable[GrantT]],
    authorization: str | None,
    visitor: Visitor,
    deps: Deps,
) -> GrantT:
    """Return the result of `check`, unless too many checks from this address have failed.

    Concurrent requests may cause more look-ups than the limit, but not more error responses.
    """
    failures = await deps.limits.look(Limit.FAILED_CHECKS, visitor.address)
    if failures is not None and not failures.allowed:
        visitor.allowance = failures
        raise TooManyRequests(limit=Limit.FAILED_CHECKS)
    try:
        return await check(authorization, deps)
    except CredentialRefused:
        await spend(Limit.FAILED_CHECKS, visitor.address, visitor, deps)
        raise


async def spend(limit: Limit, who: str, visitor: Visitor, deps: Deps) -> None:
    """Count this request; raises TooManyRequests when none is left."""
    visitor.allowance = await deps.limits.take(limit, who)
    if visitor.allowance is not None and not visitor.allowance.allowed:
        raise TooManyRequests(limit=limit)
