"""Create an account with a login."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.internal_api.scim import DirectoryUser, NewUser
from linktime_common.ids import new_id
from linktime_gateway.clients.directory import AccountRefused
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.client_address import Origin
from linktime_gateway.domain.errors import PasswordRefused, SignUpOvertaken
from linktime_gateway.domain.passwords import Person, problem_of
from linktime_gateway.store import logins
from linktime_gateway.use_cases.update_account import update_account

OPERATOR = Origin("operator", "operator")


@dataclass(frozen=True)
class SignUp:
    """`user.id` is used unless an unfinished sign-up with that e-mail has another id."""

    user: NewUser
    password: str | None


async def sign_up(command: SignUp, deps: Deps) -> DirectoryUser:
    """Reserve the e-mail, create the account in the directory and activate the login.

    An interrupted sign-up is resumed with the same user id when it is repeated with the same
    e-mail; of concurrent ones the last started finishes. Raises PasswordRefused, AccountRefused
    with the directory's reason, SignUpOvertaken, or Unavailable.
    """
    _check_password(command)
    attempt = new_id()
    user_id = await _reserve_email(command, attempt, deps)
    try:
        made = await deps.directory.create_user(command.user.model_copy(update={"id": user_id}))
    except AccountRefused:
        async with deps.database.connection() as connection:
            await logins.abandon(connection, user_id, attempt)
        raise
    async with deps.database.transaction() as connection:
        await update_account(connection, made.user, made.version)
        activated = await logins.activate(connection, user_id, attempt, deps.clock.now())
    if not activated:
        raise SignUpOvertaken(user_id=user_id)
    return made


def _check_password(command: SignUp) -> None:
    user = command.user
    if command.password is not None:
        problem = problem_of(command.password, Person(user.email, user.name, user.username))
        if problem is not None:
            raise PasswordRefused("password", problem)


async def _reserve_email(command: SignUp, attempt: UUID, deps: Deps) -> UUID:
    password_hash = None
    if command.password is not None:
        job = PasswordWork(OPERATOR)
        async with deps.passwords.turn(job):
            password_hash = await deps.passwords.hash(command.password, job)
    async with deps.database.connection() as connection:
        return await logins.begin(
            connection,
            user_id=command.user.id,
            email_key=lowercase_key(command.user.email),
            password_hash=password_hash,
            attempt=attempt,
            now=deps.clock.now(),
        )
