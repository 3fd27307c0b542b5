"""A password is tried: counted before it is looked at, so that many at once count too."""

from linktime_common.caseless import caseless
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import TooManyAttempts
from linktime_gateway.domain.sessions import MOST_ATTEMPTS_BY_ADDRESS, MOST_ATTEMPTS_BY_EMAIL
from linktime_gateway.store import attempts


async def count_attempt(email: str, address: str, deps: Deps) -> None:
    """Raises TooManyAttempts when this e-mail or this client address has had its share."""
    by_email, by_address = _subjects(email, address)
    now = deps.clock.now()
    async with deps.database.connection() as connection:
        counted = await attempts.count(connection, [by_email, by_address], now)
    exceeded = [
        counted[subject].seconds_left(now)
        for subject, most in (
            (by_email, MOST_ATTEMPTS_BY_EMAIL),
            (by_address, MOST_ATTEMPTS_BY_ADDRESS),
        )
        if counted[subject].number > most
    ]
    if exceeded:
        raise TooManyAttempts(retry_after=max(exceeded), client=address)


async def forget_attempts(email: str, address: str, deps: Deps) -> None:
    """The password was right: its e-mail begins anew, and the address was not guessing.

    What else came from the address stays counted, or one good account would open the way to all.
    """
    by_email, by_address = _subjects(email, address)
    async with deps.database.connection() as connection:
        await attempts.forget(connection, by_email)
        await attempts.take_back(connection, by_address)


def _subjects(email: str, address: str) -> tuple[str, str]:
    return f"email {caseless(email)}", f"address {address}"
