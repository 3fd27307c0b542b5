"""A password is tried: counted before it is looked at, so that many at once count too."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from linktime_common import logs
from linktime_common.caseless import caseless
from linktime_common.errors import InvalidRequest, Refusal
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.attempts import FREE_BY_ACCOUNT, FREE_BY_ADDRESS, Attempts
from linktime_gateway.domain.client_address import origin_of
from linktime_gateway.domain.errors import TooManyAttempts
from linktime_gateway.store import attempts

# Ends before the time of the whole request, which also cancels when its client has gone.
ATTEMPT_SECONDS = 7.0


@dataclass(frozen=True)
class _Subjects:
    """What an attempt is counted by."""

    account: str
    address: str
    both: str


@contextlib.asynccontextmanager
async def counted_attempt(email: str, address: str, deps: Deps) -> AsyncIterator[PasswordWork]:
    """Look at the password inside of this, with the job that it gives.

    Raises TooManyAttempts where this client address has to wait for longer: that does not count.
    An attempt whose work was not begun is taken back. One that was begun counts however it ends, or
    slow machines and clients that leave would make work free.
    """
    by = _subjects(email, address)
    now = deps.clock.now()
    before = await _count(by, now, deps)
    deadline = asyncio.get_running_loop().time() + ATTEMPT_SECONDS
    job = PasswordWork(origin_of(address), deadline)
    try:
        async with asyncio.timeout_at(deadline):
            await asyncio.sleep(before[by.account].pause_seconds())
            yield job
        deps.passwords.forgive(job)
        await _forget(by, before, now, deps)
    except (Refusal, InvalidRequest):
        raise
    except BaseException:
        if not job.has_begun:
            await asyncio.shield(_take_back(before, now, deps))
        raise


async def _count(by: _Subjects, now: datetime, deps: Deps) -> Mapping[str, Attempts]:
    """What was counted before this attempt."""
    subjects = [by.account, by.address, by.both]
    async with deps.database.transaction() as connection:
        known = await attempts.lock(connection, subjects, now)
        wait = max(
            known[by.both].wait(FREE_BY_ACCOUNT, now),
            known[by.address].wait(FREE_BY_ADDRESS, now),
        )
        if wait:
            raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))
        await attempts.count(connection, subjects, now)
    return known


async def _forget(by: _Subjects, before: Mapping[str, Attempts], now: datetime, deps: Deps) -> None:
    """The password was right: its account begins from nothing, and the address was not guessing.

    What else came from the address stays counted, or one good account would open the way to all.
    """
    async with deps.database.connection() as connection:
        await attempts.forget(connection, [by.account, by.both])
        await attempts.take_back(connection, {by.address: before[by.address]}, now)


async def _take_back(before: Mapping[str, Attempts], now: datetime, deps: Deps) -> None:
    try:
        async with deps.database.connection() as connection:
            await attempts.take_back(connection, before, now)
    except Exception as error:
        # The attempt's own end is what its caller must see.
        logs.logger().warning("attempt not taken back", error=error)


def _subjects(email: str, address: str) -> _Subjects:
    account, client = f"account {caseless(email)}", f"address {address}"
    return _Subjects(account, client, f"{account}, {client}")
