"""Change a user's password."""

from dataclasses import dataclass

from linktime_common.errors import InvalidRequest
from linktime_common.idempotency import WriteAttempt
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import NoPassword, PasswordChanged, PasswordRefused
from linktime_gateway.domain.passwords import Person, problem_of
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store import logins, sessions
from linktime_gateway.use_cases.count_attempt import counted_attempt
from linktime_gateway.use_cases.sign_in import signed_in_account


@dataclass(frozen=True)
class ChangePassword:
    """`address` is the client's."""

    grant: SessionGrant
    current: str
    new: str
    address: str


async def change_password(command: ChangePassword, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Replace the password and end the user's other sessions.

    Raises InvalidRequest naming `current` when it is wrong, PasswordRefused naming `new`,
    TooManyAttempts, NoPassword for an account without one, and PasswordChanged after a concurrent
    change.
    """
    grant = command.grant
    account = await signed_in_account(grant.user_id, deps)
    problem = problem_of(command.new, Person(account.email, account.name, account.username))
    if problem is not None:
        raise PasswordRefused("new", problem)
    async with counted_attempt(account.email, command.address, deps) as job:
        await _change(command, job, deps, attempt)


async def _change(
    command: ChangePassword, job: PasswordWork, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    grant = command.grant
    async with deps.database.connection() as connection:
        stored_hash = await logins.password_hash(connection, grant.user_id)
    if stored_hash is None:
        raise NoPassword(user_id=grant.user_id)
    if not await deps.passwords.verify(stored_hash, command.current, job):
        raise InvalidRequest({"current": "The password is wrong"})
    new_hash = await deps.passwords.hash(command.new, job)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if not await logins.change_password(connection, grant.user_id, stored_hash, new_hash):
            raise PasswordChanged(user_id=grant.user_id)
        await sessions.end_all(connection, grant.user_id, but=grant.session_id)
    deps.session_cache.forget(grant.user_id)
