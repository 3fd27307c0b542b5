"""A password is tried: counted before it is looked at, so that many at once count too."""

import asyncio
import math
from dataclasses import dataclass

from linktime_common.caseless import caseless
from linktime_gateway.deps import Deps
from linktime_gateway.domain.attempts import FREE_BY_ACCOUNT, FREE_BY_ADDRESS
from linktime_gateway.domain.errors import TooManyAttempts
from linktime_gateway.store import attempts


@dataclass(frozen=True)
class _Subjects:
    """What an attempt is counted by."""

    account: str
    address: str
    both: str


async def count_attempt(email: str, address: str, deps: Deps) -> None:
    """Return when the password may be looked at; raises TooManyAttempts where this client address
    has to wait for longer. A refused attempt does not count.
    """
    by = _subjects(email, address)
    subjects = [by.account, by.address, by.both]
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        known = await attempts.lock(connection, subjects, now)
        wait = max(
            known[by.both].wait(FREE_BY_ACCOUNT, now),
            known[by.address].wait(FREE_BY_ADDRESS, now),
        )
        if wait:
            raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))
        await attempts.count(connection, subjects, now)
    await asyncio.sleep(known[by.account].pause_seconds())


async def forget_attempts(email: str, address: str, deps: Deps) -> None:
    """The password was right: its account begins from nothing, and the address was not guessing.

    What else came from the address stays counted, or one good account would open the way to all.
    """
    by = _subjects(email, address)
    async with deps.database.connection() as connection:
        await attempts.forget(connection, [by.account, by.both])
        await attempts.take_back(connection, by.address)


def _subjects(email: str, address: str) -> _Subjects:
    account, client = f"account {caseless(email)}", f"address {address}"
    return _Subjects(account, client, f"{account}, {client}")
