"""Does this key open the door, and for whom?"""

from functools import partial

from linktime_common.contracts.events.scim import Plan
from linktime_gateway.deps import Deps
from linktime_gateway.domain.accounts import PLANS_WITH_API_KEYS
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
from linktime_gateway.store.api_keys import StoredKey
from linktime_gateway.use_cases.look_up import look_up
from linktime_gateway.use_cases.take_in_account import learn_account


async def check_api_key(authorization: str | None, deps: Deps) -> ApiKeyGrant:
    """The grant of the key in the Authorization header.

    Raises a CredentialRefused, or Unavailable when it could not be found out.
    """
    key = read_bearer(authorization, API_KEY_PREFIX)
    if key is None:
        raise InvalidApiKey
    key_hash = hash_of(key)
    grant = await look_up(key_hash, deps.key_cache, partial(_read, key_hash, deps))
    now = deps.clock.now()
    if grant.has_expired(now):
        raise ApiKeyExpired
    deps.last_uses.keys[grant.key_id] = now
    return grant


async def _read(key_hash: bytes, deps: Deps) -> ApiKeyGrant:
    async with deps.database.connection() as connection:
        key = await api_keys.find_by_hash(connection, key_hash)
    if key is None:
        raise InvalidApiKey
    if key.revoked_at is not None:
        raise ApiKeyRevoked
    return ApiKeyGrant(key.id, key.user_id, await _owners_plan(key, deps), key.expires_at)


async def _owners_plan(key: StoredKey, deps: Deps) -> Plan:
    plan, active = key.plan, key.active
    if plan is None:
        account = await learn_account(key.user_id, deps)
        if account is None:
            raise ApiKeyInactive
        plan, active = account.effective_plan, account.active
    if not active or plan not in PLANS_WITH_API_KEYS:
        raise ApiKeyInactive
    return plan
