"""Create an API key for a user."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.internal_api.gateway import NamedApiKey
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_gateway.deps import Deps
from linktime_gateway.domain.accounts import AccountProjection
from linktime_gateway.domain.credentials import API_KEY_PREFIX, issue
from linktime_gateway.domain.errors import (
    AccountInactive,
    NotSignedIn,
    PlanWithoutApiKeys,
    TooManyApiKeys,
    UserNotFound,
)
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.update_account import fetch_account


@dataclass(frozen=True)
class MakeApiKey:
    """`session` is the session that creates the key; None for the operator."""

    user_id: UUID
    name: str
    expires_at: datetime | None
    session: SessionGrant | None = None


@dataclass(frozen=True)
class NewKey:
    """`secret` is the key, or None in a stored response."""

    about: NamedApiKey
    secret: str | None


async def make_api_key(
    command: MakeApiKey, deps: Deps, attempt: WriteAttempt[NewKey] | None = None
) -> tuple[NamedApiKey, str]:
    """Create a key and return it; it is not stored.

    `attempt` stores the response without the key. The account is read from the directory, so that a
    new user need not wait for the event. Raises UserNotFound, AccountInactive, PlanWithoutApiKeys,
    TooManyApiKeys, and NotSignedIn when the session has ended.
    """
    account = await _may_have_keys(command.user_id, deps)
    made_under = account.credentials_valid_from
    if command.session is not None:
        made_under = command.session.made_under
    if not account.accepts(made_under):
        raise NotSignedIn(user_id=account.id)
    issued = issue(API_KEY_PREFIX)
    about = NamedApiKey(id=new_id(), name=command.name, prefix=issued.prefix, last4=issued.last4)
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        if attempt is not None:
            await attempt.keep(connection, NewKey(about, None))
        live = await api_keys.count_live_for_insert(connection, account.id, now)
        if live >= deps.caps.api_keys_per_user:
            raise TooManyApiKeys(user_id=account.id)
        await api_keys.insert(
            connection,
            key_id=about.id,
            user_id=account.id,
            name=command.name,
            issued=issued,
            expires_at=command.expires_at,
            made_under=made_under,
            now=now,
        )
    return about, issued.token


async def _may_have_keys(user_id: UUID, deps: Deps) -> AccountProjection:
    account = await fetch_account(user_id, deps)
    if account is None:
        raise UserNotFound(user_id=user_id)
    if not account.active:
        raise AccountInactive(user_id=user_id)
    if not account.may_use_api_keys:
        raise PlanWithoutApiKeys(user_id=user_id)
    return account
