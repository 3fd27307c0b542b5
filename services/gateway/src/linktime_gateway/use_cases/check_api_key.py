"""Authenticate an API key."""

from functools import partial

from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import (
    API_KEY_PREFIX,
    ApiKeyGrant,
    hash_of,
    read_bearer,
)
from linktime_gateway.domain.errors import (
    ApiKeyExpired,
    ApiKeyInactive,
    ApiKeyRevoked,
    InvalidApiKey,
)
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.look_up import look_up
from linktime_gateway.use_cases.update_account import fetch_account


async def check_api_key(authorization: str | None, deps: Deps) -> ApiKeyGrant:
    """Return the grant of the key in the Authorization header.

    Raises a CredentialRefused, or Unavailable when the check failed.
    """
    key = read_bearer(authorization, API_KEY_PREFIX)
    if key is None:
        raise InvalidApiKey
    key_hash = hash_of(key)
    grant = await look_up(key_hash, deps.key_cache, partial(_read, key_hash, deps))
    now = deps.clock.now()
    if grant.has_expired(now):
        raise ApiKeyExpired(key_id=grant.key_id, user_id=grant.user_id)
    deps.last_uses.keys.note(grant.key_id, now)
    return grant


async def _read(key_hash: bytes, deps: Deps) -> ApiKeyGrant:
    async with deps.database.connection() as connection:
        key = await api_keys.find_by_hash(connection, key_hash)
    if key is None:
        raise InvalidApiKey
    ids = {"key_id": key.id, "user_id": key.user_id}
    if key.revoked_at is not None:
        raise ApiKeyRevoked(**ids)
    owner = key.owner or await fetch_account(key.user_id, deps)
    if owner is None:
        raise ApiKeyInactive(**ids)
    if not owner.accepts(key.made_under):
        raise ApiKeyRevoked(**ids)
    if not owner.may_use_api_keys:
        raise ApiKeyInactive(**ids)
    return ApiKeyGrant(key.id, key.user_id, owner.effective_plan, key.expires_at, owner.timezone)
