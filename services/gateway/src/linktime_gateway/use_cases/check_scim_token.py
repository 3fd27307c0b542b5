"""Authenticate a SCIM token."""

from functools import partial

from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import (
    SCIM_TOKEN_PREFIX,
    ScimTokenGrant,
    hash_of,
    read_bearer,
)
from linktime_gateway.domain.errors import InvalidScimToken, ScimTokenRevoked
from linktime_gateway.store import scim_tokens
from linktime_gateway.use_cases.look_up import look_up


async def check_scim_token(authorization: str | None, deps: Deps) -> ScimTokenGrant:
    """Return the grant of the token in the Authorization header; the directory checks the plan.

    Raises a CredentialRefused, or Unavailable when the check failed.
    """
    token = read_bearer(authorization, SCIM_TOKEN_PREFIX)
    if token is None:
        raise InvalidScimToken
    token_hash = hash_of(token)
    grant = await look_up(token_hash, deps.scim_token_cache, partial(_read, token_hash, deps))
    deps.last_uses.scim_tokens.note(grant.token_id, deps.clock.now())
    return grant


async def _read(token_hash: bytes, deps: Deps) -> ScimTokenGrant:
    async with deps.database.connection() as connection:
        token = await scim_tokens.find_by_hash(connection, token_hash)
    if token is None:
        raise InvalidScimToken
    if token.revoked_at is not None:
        raise ScimTokenRevoked(token_id=token.id, organization_id=token.organization_id)
    return ScimTokenGrant(token.id, token.organization_id)
