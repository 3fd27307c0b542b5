"""A user chooses another password."""

from linktime_common.http.bodies import invalid
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import NoPassword, PasswordChanged
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store import logins, sessions
from linktime_gateway.use_cases.count_attempt import count_attempt, forget_attempts
from linktime_gateway.use_cases.sign_in import signed_in_account


async def change_password(
    grant: SessionGrant, current: str, new: str, address: str, deps: Deps
) -> None:
    """Every other session of the user ends.

    Raises InvalidRequest naming `current` when it is wrong, TooManyAttempts, NoPassword for an
    account that has none, PasswordChanged when another change came first.
    """
    email = (await signed_in_account(grant.user_id, deps)).email
    await count_attempt(email, address, deps)
    async with deps.database.connection() as connection:
        known = await logins.password_hash(connection, grant.user_id)
    if known is None:
        raise NoPassword(user_id=grant.user_id)
    if not await deps.passwords.verify(known, current):
        raise invalid("current", "The password is wrong")
    new_hash = await deps.passwords.hash(new)
    async with deps.database.transaction() as connection:
        if not await logins.change_password(connection, grant.user_id, known, new_hash):
            raise PasswordChanged(user_id=grant.user_id)
        await sessions.end_all(connection, grant.user_id, but=grant.session_id)
    deps.session_cache.forget(grant.user_id)
    await forget_attempts(email, address, deps)
