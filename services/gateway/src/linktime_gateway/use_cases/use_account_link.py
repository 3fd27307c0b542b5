"""Use the one-time links of mails about accounts."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.account_mails import FOR_PASSWORD
from linktime_gateway.domain.client_address import origin_of
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.domain.errors import AccountLinkEnded, PasswordRefused
from linktime_gateway.domain.passwords import Person, problem_of
from linktime_gateway.store import account_links, accounts, logins, sessions
from linktime_gateway.use_cases.count_attempt import ATTEMPT_SECONDS

FOR_VERIFYING = frozenset({AccountMailKind.VERIFY_ADDRESS})


@dataclass(frozen=True)
class SetPassword:
    """`secret` is that of the link, `address` the client's."""

    secret: str
    password: str
    address: str


async def check_link(secret: str, kinds: frozenset[AccountMailKind], deps: Deps) -> None:
    """Raise AccountLinkEnded unless the link can be used; it can be used afterwards."""
    async with deps.database.connection() as connection:
        if await account_links.find(connection, hash_of(secret), kinds, deps.clock.now()) is None:
            raise AccountLinkEnded


async def verify_address(secret: str, deps: Deps) -> None:
    """Note that the user receives mail at the account's address; raises AccountLinkEnded."""
    async with deps.database.transaction() as connection:
        link = await account_links.use(connection, hash_of(secret), FOR_VERIFYING, deps.clock.now())
        if link is None:
            raise AccountLinkEnded
        await logins.verify(connection, link.user_id, link.email_key)


async def set_password(command: SetPassword, deps: Deps) -> None:
    """Replace the password and end all sessions of the user and all links to a password.

    Raises AccountLinkEnded, PasswordRefused, after which the link can be used again, and
    Unavailable.
    """
    hashed = hash_of(command.secret)
    # A link that cannot be used costs no argon2, and no turn.
    await _check_password(hashed, command.password, deps)
    deadline = asyncio.get_running_loop().time() + ATTEMPT_SECONDS
    job = PasswordWork(origin_of(command.address), deadline)
    async with asyncio.timeout_at(deadline), deps.passwords.turn(job):
        password_hash = await deps.passwords.hash(command.password, job)
        user_id = await _use(hashed, password_hash, deps)
        deps.passwords.forgive(job)
    deps.session_cache.forget(user_id)


async def _use(hashed: bytes, password_hash: str, deps: Deps) -> UUID:
    async with deps.database.transaction() as connection:
        link = await account_links.use(connection, hashed, FOR_PASSWORD, deps.clock.now())
        if link is None:
            raise AccountLinkEnded
        await logins.set_password(connection, link.user_id, password_hash, link.email_key)
        await sessions.end_all(connection, link.user_id)
        await account_links.end(connection, link.user_id, FOR_PASSWORD)
    return link.user_id


async def _check_password(hashed: bytes, password: str, deps: Deps) -> None:
    async with deps.database.connection() as connection:
        link = await account_links.find(connection, hashed, FOR_PASSWORD, deps.clock.now())
        account = await accounts.find(connection, link.user_id) if link else None
    if account is None:
        raise AccountLinkEnded
    problem = problem_of(password, Person(account.email, account.name, account.username))
    if problem is not None:
        raise PasswordRefused("password", problem)
