"""May this request pass? Limits stand before what they protect: the look-up of keys, and work."""

from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import ApiKeyGrant
from linktime_gateway.domain.errors import CredentialRefused, TooManyRequests
from linktime_gateway.domain.limits import Limit, Visitor
from linktime_gateway.use_cases.check_api_key import check_api_key


async def admit_key(authorization: str | None, visitor: Visitor, deps: Deps) -> ApiKeyGrant:
    """The grant of a good key that has requests left.

    Raises TooManyRequests, a CredentialRefused, or Unavailable. Of checks at the same time, more
    may be looked up than the limit says, but no more than it says are told what was wrong.
    """
    failures = await deps.limits.look(Limit.FAILED_CHECKS, visitor.address)
    if failures is not None and not failures.allowed:
        visitor.allowance = failures
        raise TooManyRequests(limit=Limit.FAILED_CHECKS)
    try:
        grant = await check_api_key(authorization, deps)
    except CredentialRefused:
        await spend(Limit.FAILED_CHECKS, visitor.address, visitor, deps)
        raise
    await spend(Limit.API_KEY, str(grant.key_id), visitor, deps)
    return grant


async def spend(limit: Limit, who: str, visitor: Visitor, deps: Deps) -> None:
    """Count this request; raises TooManyRequests when none was left."""
    visitor.allowance = await deps.limits.take(limit, who)
    if visitor.allowance is not None and not visitor.allowance.allowed:
        raise TooManyRequests(limit=limit)
