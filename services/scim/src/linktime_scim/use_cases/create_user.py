"""An account comes into being."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from linktime_common import outbox
from linktime_common.caseless import caseless
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.scim import Plan
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_created
from linktime_scim.domain.errors import EmailTaken, UserIdTaken, UsernameTaken
from linktime_scim.domain.usernames import candidates
from linktime_scim.store import users

# A try is lost only when somebody else got the same username at that very moment.
MOST_TRIES = 20


@dataclass(frozen=True)
class CreateUser:
    """`id` is the caller's, so a retry finds what the first try made."""

    id: UUID
    email: str
    name: str
    username: str | None
    plan: Plan | None
    timezone: str


async def create_user(command: CreateUser, deps: Deps) -> tuple[Account, bool]:
    """The account, and whether it is new.

    Raises UserIdTaken, EmailTaken, or UsernameTaken when a username was asked for.
    """
    now = deps.clock.now()
    random = secrets.token_hex(5)
    wanted = [command.username] if command.username else candidates(command.name, random=random)
    async with deps.database.transaction() as connection:
        for last_try in [False] * MOST_TRIES + [True]:
            account = await users.insert(
                connection,
                user_id=command.id,
                email=command.email,
                name=command.name,
                usernames=wanted[-1:] if last_try else wanted,
                timezone=command.timezone,
                plan=command.plan or deps.default_plan,
                version=next_version(0, now),
                now=now,
            )
            if account is not None:
                await outbox.add(connection, user_created(account, occurred_at=now))
                return account, True
            existing = await _existing(connection, command)
            if existing is not None:
                return existing, False
            if command.username:
                break
    raise UsernameTaken(username=command.username)


async def _existing(connection: Connection, command: CreateUser) -> Account | None:
    """What a first try with this id made; None when only the username stood in the way."""
    account = await users.find(connection, command.id)
    if account is not None:
        if caseless(account.email) != caseless(command.email):
            raise UserIdTaken(user_id=command.id)
        return account
    if await users.find_by_email(connection, command.email) is not None:
        raise EmailTaken(user_id=command.id)
    return None
