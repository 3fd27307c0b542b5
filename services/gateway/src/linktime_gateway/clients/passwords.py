"""Hash and verify passwords with argon2id in two threads, in turns of a fair queue.

A turn includes the database work of an attempt, so a flood of attempts waits in the fair queue and
not for connections, where API requests would wait behind it.
"""

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain.client_address import Origin

Result = TypeVar("Result")

# Each takes 64 MiB, about a tenth of a second of one core, and at most one database connection.
AT_ONCE = 2
MOST_WAITING = 100  # about five seconds of work; more would time out


@dataclass
class PasswordWork:
    """The origin of the work, its deadline, its turn, and whether any of it has started."""

    origin: Origin
    deadline: float = math.inf  # by the loop's clock
    has_started: bool = False
    turn_began: float | None = field(default=None, init=False)  # None without a turn
    in_thread: "asyncio.Future[Any] | None" = field(default=None, init=False)


class PasswordChecker:
    """Hashes passwords with argon2-cffi's defaults (RFC 9106, low memory)."""

    def __init__(self) -> None:
        """Hashes once, for about a tenth of a second; create it before serving requests."""
        self._hasher = PasswordHasher()
        began = time.perf_counter()
        # Verified instead of a missing hash, so that both take equally long.
        self._dummy_hash = self._hasher.hash(secrets.token_hex())
        seconds = time.perf_counter() - began
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._turns = Turns(AT_ONCE, MOST_WAITING, seconds)

    @contextlib.asynccontextmanager
    async def turn(self, job: PasswordWork) -> AsyncIterator[None]:
        """Hold a turn during the block, and as long as its work occupies a thread.

        Raises Unavailable when the queue is full or the work would miss its deadline.
        """
        await self._take_turn(job)
        try:
            yield
        finally:
            self._give_back_turn(job)

    async def pause(self, job: PasswordWork, seconds: float) -> None:
        """Give back the turn for `seconds`, then wait for another; raises as `turn` does."""
        self._give_back_turn(job)
        await asyncio.sleep(seconds)
        self._turns.forgive(job.origin)  # an attempt counts once
        await self._take_turn(job)

    async def hash(self, password: str, job: PasswordWork) -> str:
        """Return the encoded hash with its parameters and salt; `job` has a turn."""
        return await self._run(job, self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str, job: PasswordWork) -> bool:
        """Return whether the password matches; None never does, after the same work.

        `job` has a turn.
        """
        matches = await self._run(job, self._matches, encoded or self._dummy_hash, password)
        return matches and encoded is not None

    def forgive(self, job: PasswordWork) -> None:
        """Do not count the request of a correct password."""
        self._turns.forgive(job.origin)

    async def _run(self, job: PasswordWork, work: Callable[..., Result], *args: str) -> Result:
        if job.turn_began is None:
            raise RuntimeError("Password work needs a turn")
        job.has_started = True
        working = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        job.in_thread = working
        return await asyncio.shield(working)

    async def _take_turn(self, job: PasswordWork) -> None:
        await self._turns.take(job.origin, job.deadline)
        job.turn_began = asyncio.get_running_loop().time()

    def _give_back_turn(self, job: PasswordWork) -> None:
        began, job.turn_began = job.turn_began, None
        if began is None:  # cancelled in `pause`
            return
        now = asyncio.get_running_loop().time
        if job.in_thread is None:
            self._turns.give_back(None)
        elif job.in_thread.done():
            self._turns.give_back(now() - began)
        else:  # the work of a cancelled caller still occupies the thread
            job.in_thread.add_done_callback(lambda _: self._turns.give_back(now() - began))

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerifyMismatchError:
            return False
