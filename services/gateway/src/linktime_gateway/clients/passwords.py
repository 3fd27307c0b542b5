"""Hash and verify passwords with argon2id in two threads, with a fair queue."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain.client_address import Origin

Result = TypeVar("Result")

AT_ONCE = 2  # each takes 64 MiB and about a tenth of a second of one core
MOST_WAITING = 100  # about five seconds of work; more would time out


@dataclass
class PasswordWork:
    """The origin of the work, its deadline, and whether any of it has started."""

    origin: Origin
    deadline: float = math.inf  # by the loop's clock
    has_started: bool = False


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

    async def hash(self, password: str, job: PasswordWork) -> str:
        """Return the encoded hash with its parameters and salt; raises as `verify` does."""
        return await self._run(job, self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str, job: PasswordWork) -> bool:
        """Return whether the password matches; None never does, after the same work.

        Raises Unavailable when the queue is full or the work would miss its deadline.
        """
        matches = await self._run(job, self._matches, encoded or self._dummy_hash, password)
        return matches and encoded is not None

    def forgive(self, job: PasswordWork) -> None:
        """Do not count the request of a correct password."""
        self._turns.forgive(job.origin)

    async def _run(self, job: PasswordWork, work: Callable[..., Result], *args: str) -> Result:
        await self._turns.take(job.origin, job.deadline)
        job.has_started = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        working = loop.run_in_executor(self._threads, work, *args)
        # Work of a cancelled caller still occupies the thread.
        working.add_done_callback(lambda _: self._turns.give_back(loop.time() - began))
        return await asyncio.shield(working)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerifyMismatchError:
            return False
