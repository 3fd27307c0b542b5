"""Creates an account."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.scim import Plan
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_created
from linktime_scim.domain.errors import EmailTaken, UserIdTaken, UsernameTaken
from linktime_scim.domain.usernames import candidates
from linktime_scim.store import users

# A try only fails when the same username is created concurrently.
MOST_TRIES = 20


@dataclass(frozen=True)
class CreateUser:
    """`id` is chosen by the caller, so a retry finds the account of the first try."""

    id: UUID
    email: str
    name: str
    username: str | None
    plan: Plan | None
    timezone: str
    locale: str | None = None
    email_verified: bool = False
    managed_by: UUID | None = None


async def create_user(command: CreateUser, deps: Deps) -> tuple[Account, bool]:
    """Return the account, and whether it is new.

    Raises UserIdTaken, EmailTaken, or UsernameTaken for a requested username.
    """
    async with deps.database.transaction() as connection:
        account = await add_account(connection, command, deps)
        if account is None:
            return await _existing(connection, command), False
        await outbox.add(connection, user_created(account, occurred_at=deps.clock.now()))
        return account, True


async def add_account(connection: Connection, command: CreateUser, deps: Deps) -> Account | None:
    """Return the new account, without publishing it; None when the id or the e-mail exists.

    Raises UsernameTaken for a requested username.
    """
    now = deps.clock.now()
    random = secrets.token_hex(5)
    wanted = [command.username] if command.username else candidates(command.name, random=random)
    for last_try in [False] * MOST_TRIES + [True]:
        account = await users.insert(
            connection,
            user_id=command.id,
            email=command.email,
            name=command.name,
            usernames=wanted[-1:] if last_try else wanted,
            timezone=command.timezone,
            locale=command.locale,
            plan=command.plan or deps.default_plan,
            version=next_version(0, now),
            now=now,
            email_verified=command.email_verified,
            managed_by=command.managed_by,
        )
        if account is not None:
            return account
        if await users.find(connection, command.id) is not None:
            return None
        if await users.find_by_email(connection, command.email) is not None:
            return None
        if command.username:
            break
    raise UsernameTaken(user_id=command.id)


async def _existing(connection: Connection, command: CreateUser) -> Account:
    """Return the account of an earlier try with this id; raises UserIdTaken, EmailTaken."""
    account = await users.find(connection, command.id)
    if account is None:
        raise EmailTaken(user_id=command.id)
    if lowercase_key(account.email) != lowercase_key(command.email):
        raise UserIdTaken(user_id=command.id)
    return account
