"""A user gets an API key."""

from datetime import datetime
from uuid import UUID

from linktime_common.contracts.internal_api.gateway import MadeApiKey
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import API_KEY_PREFIX, issue
from linktime_gateway.domain.errors import AccountInactive, PlanWithoutApiKeys, UserNotFound
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.take_in_account import learn_account


async def make_api_key(
    user_id: UUID, name: str, expires_at: datetime | None, deps: Deps
) -> MadeApiKey:
    """Make a key; the answer holds it, and nothing else ever will.

    The account is read from the directory, so that a new user need not wait for the event.
    """
    account = await learn_account(user_id, deps)
    if account is None:
        raise UserNotFound(user_id=user_id)
    if not account.active:
        raise AccountInactive(user_id=user_id)
    if not account.may_use_api_keys:
        raise PlanWithoutApiKeys(user_id=user_id)
    issued = issue(API_KEY_PREFIX)
    key_id = new_id()
    async with deps.database.connection() as connection:
        await api_keys.insert(
            connection,
            key_id=key_id,
            user_id=user_id,
            name=name,
            issued=issued,
            expires_at=expires_at,
            now=deps.clock.now(),
        )
    return MadeApiKey(
        id=key_id, key=issued.token, name=name, prefix=issued.prefix, last4=issued.last4
    )
