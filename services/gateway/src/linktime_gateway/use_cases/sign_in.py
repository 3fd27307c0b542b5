"""Sign users in and out."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.ids import new_id
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.accounts import AccountProjection
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.domain.errors import NotSignedIn, SignInRefused
from linktime_gateway.domain.sessions import new_token
from linktime_gateway.store import accounts, logins, sessions
from linktime_gateway.use_cases.count_attempt import counted_attempt


@dataclass(frozen=True)
class SignIn:
    """`address` is the client's; `replaces` is the token of the previous session."""

    email: str
    password: str
    address: str
    replaces: str | None


@dataclass(frozen=True)
class NewSession:
    """`token` is only for the cookie."""

    token: str
    user_id: UUID


async def sign_in(command: SignIn, deps: Deps) -> NewSession:
    """Open a session.

    Raises SignInRefused for an unknown e-mail, a wrong password and an inactive account, after the
    same work, and TooManyAttempts.
    """
    async with counted_attempt(command.email, command.address, deps) as job:
        return await _check(command, job, deps)


async def _check(command: SignIn, job: PasswordWork, deps: Deps) -> NewSession:
    async with deps.database.connection() as connection:
        login = await logins.find(connection, lowercase_key(command.email))
    stored_hash = login.password_hash if login else None
    is_right = await deps.passwords.verify(stored_hash, command.password, job)
    if not is_right or login is None or stored_hash is None:
        raise SignInRefused(user_id=login.user_id if login else None)
    token = new_token()
    async with deps.database.transaction() as connection:
        if command.replaces is not None:
            await sessions.end(connection, hash_of(command.replaces))
        opened = await sessions.open_one(
            connection,
            session_id=new_id(),
            user_id=login.user_id,
            token_hash=hash_of(token),
            password_hash=stored_hash,
            now=deps.clock.now(),
        )
    if not opened:
        raise SignInRefused(user_id=login.user_id)
    return NewSession(token, login.user_id)


async def signed_in_account(user_id: UUID, deps: Deps) -> AccountProjection:
    """Return the account of a session; raises NotSignedIn when it does not exist."""
    async with deps.database.connection() as connection:
        account = await accounts.find(connection, user_id)
    if account is None:
        raise NotSignedIn
    return account


async def sign_out(token: str, user_id: UUID, deps: Deps) -> None:
    """End this session: here immediately, in other processes on notification."""
    async with deps.database.connection() as connection:
        await sessions.end(connection, hash_of(token))
    deps.session_cache.forget(user_id)


async def sign_out_everywhere(user_id: UUID, deps: Deps) -> None:
    """End all sessions of the user."""
    async with deps.database.connection() as connection:
        await sessions.end_all(connection, user_id)
    deps.session_cache.forget(user_id)
