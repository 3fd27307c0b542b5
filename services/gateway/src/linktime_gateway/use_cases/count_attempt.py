"""Count password attempts before they are checked, so that concurrent ones count as well."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linktime_common import logs
from linktime_common.caseless import caseless
from linktime_common.errors import InvalidRequest, Refusal
from linktime_common.postgres import Connection
from linktime_gateway.clients.passwords import PasswordWork
from linktime_gateway.deps import Deps
from linktime_gateway.domain.attempts import FREE_BY_ACCOUNT, FREE_BY_ADDRESS, Attempts
from linktime_gateway.domain.client_address import origin_of
from linktime_gateway.domain.errors import TooManyAttempts
from linktime_gateway.store import attempts

# Less than the timeout of the request, which also cancels when the client disconnects.
ATTEMPT_SECONDS = 7.0
TAKE_BACK_SECONDS = 1.0
# Subtractions follow the end of attempts, outside their turns; more would take the connections.
TAKE_BACKS_AT_ONCE = 1


@dataclass(frozen=True)
class Subjects:
    """The keys by which an attempt is counted."""

    account: str
    address: str
    both: str


@dataclass(frozen=True)
class _Counted:
    """The counts before an attempt, and when it was counted."""

    before: Mapping[str, Attempts]
    at: datetime


@contextlib.asynccontextmanager
async def counted_attempt(email: str, address: str, deps: Deps) -> AsyncIterator[PasswordWork]:
    """Count an attempt and check the password inside the block, with the yielded work.

    It has a turn of `PasswordChecker`, which is taken before any database work. Raises Unavailable
    as `PasswordChecker.turn` does, and TooManyAttempts, without counting, while this client address
    has to wait. An attempt whose work has not started is subtracted. Started work counts in any
    case, otherwise timeouts and disconnects would make it free.
    """
    by = subjects_of(email, address)
    deadline = asyncio.get_running_loop().time() + ATTEMPT_SECONDS
    job = PasswordWork(origin_of(address), deadline)
    counted: _Counted | None = None
    try:
        async with asyncio.timeout_at(deadline), deps.passwords.turn(job):
            counted = await _count(by, deps)
            if pause := counted.before[by.account].pause_seconds():
                await deps.passwords.pause(job, pause)
            yield job
            deps.passwords.forgive(job)
            await _forget(by, counted, deps)
    except (Refusal, InvalidRequest):
        raise
    except BaseException:
        if counted is not None and not job.has_started:
            await asyncio.shield(_take_back(counted, deps))
        raise


async def _count(by: Subjects, deps: Deps) -> _Counted:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        subjects = [by.account, by.address, by.both]
        return _Counted(await count(connection, subjects, by, now), now)


async def count(
    connection: Connection,
    subjects: Sequence[str],
    by: Subjects,
    now: datetime,
    *,
    refusal: type[TooManyAttempts] = TooManyAttempts,
) -> Mapping[str, Attempts]:
    """Count an attempt by `subjects` and return the counts before it.

    `by.address` and `by.both` are among them; raises `refusal` while the client has to wait.
    """
    known = await attempts.lock(connection, subjects, now)
    wait = max(
        known[by.both].wait(FREE_BY_ACCOUNT, now),
        known[by.address].wait(FREE_BY_ADDRESS, now),
    )
    if wait:
        raise refusal(retry_after=math.ceil(wait.total_seconds()))
    await attempts.count(connection, subjects, now)
    return known


async def _forget(by: Subjects, counted: _Counted, deps: Deps) -> None:
    """Reset the account's counts and subtract the attempt from the address.

    Other attempts of the address remain, otherwise one valid account would reset it.
    """
    async with deps.database.connection() as connection:
        await attempts.forget(connection, [by.account, by.both])
        before = {by.address: counted.before[by.address]}
        await attempts.take_back(connection, before, counted.at)


async def _take_back(counted: _Counted, deps: Deps) -> None:
    try:
        async with (
            asyncio.timeout(TAKE_BACK_SECONDS),
            deps.take_backs,
            deps.database.connection() as connection,
        ):
            await attempts.take_back(connection, counted.before, counted.at)
    except Exception as error:
        # The caller must see the original error.
        logs.logger().warning("attempt could not be subtracted", error=error)


def subjects_of(email: str, address: str, *, purpose: str = "") -> Subjects:
    """Return the keys; attempts of another `purpose` are counted separately."""
    account, client = f"{purpose}account {caseless(email)}", f"{purpose}address {address}"
    return Subjects(account, client, f"{account}, {client}")
