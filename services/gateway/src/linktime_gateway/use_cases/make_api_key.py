"""A user gets an API key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.internal_api.gateway import NamedApiKey
from linktime_common.http.idempotency import Attempt
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import API_KEY_PREFIX, issue
from linktime_gateway.domain.errors import AccountInactive, PlanWithoutApiKeys, UserNotFound
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.take_in_account import learn_account


@dataclass(frozen=True)
class MakeApiKey:
    user_id: UUID
    name: str
    expires_at: datetime | None


@dataclass(frozen=True)
class NewKey:
    """`secret` is the key itself, or None where it is not shown again."""

    about: NamedApiKey
    secret: str | None


async def make_api_key(
    command: MakeApiKey, deps: Deps, attempt: Attempt[NewKey] | None = None
) -> tuple[NamedApiKey, str]:
    """Make a key; what is returned holds it, and nothing else ever will.

    What `attempt` keeps for a repeat is without it. The account is read from the directory, so
    that a new user need not wait for the event. Raises UserNotFound, AccountInactive,
    PlanWithoutApiKeys.
    """
    user_id = command.user_id
    account = await learn_account(user_id, deps)
    if account is None:
        raise UserNotFound(user_id=user_id)
    if not account.active:
        raise AccountInactive(user_id=user_id)
    if not account.may_use_api_keys:
        raise PlanWithoutApiKeys(user_id=user_id)
    issued = issue(API_KEY_PREFIX)
    about = NamedApiKey(id=new_id(), name=command.name, prefix=issued.prefix, last4=issued.last4)
    async with deps.database.transaction() as connection:
        if attempt is not None:
            await attempt.keep(connection, NewKey(about, None))
        await api_keys.insert(
            connection,
            key_id=about.id,
            user_id=user_id,
            name=command.name,
            issued=issued,
            expires_at=command.expires_at,
            now=deps.clock.now(),
        )
    return about, issued.token
