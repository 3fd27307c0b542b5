"""argon2id, away from the event loop, never more than two at a time, in turns."""

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
MOST_WAITING = 100  # about five seconds of work: what comes later would be answered too late


@dataclass
class PasswordWork:
    """Where work comes from, by when it must end, and whether any of it has begun."""

    origin: Origin
    deadline: float = math.inf  # by the loop's clock
    has_begun: bool = False


class PasswordChecker:
    """Hashes passwords with argon2-cffi's defaults (RFC 9106, low memory)."""

    def __init__(self) -> None:
        """Hashes once, for about a tenth of a second: make it before anything is served."""
        self._hasher = PasswordHasher()
        began = time.perf_counter()
        # Of a password that nobody knows, looked at where there is none to look at.
        self._nobodys = self._hasher.hash(secrets.token_hex())
        seconds = time.perf_counter() - began
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._turns = Turns(AT_ONCE, MOST_WAITING, seconds)

    async def hash(self, password: str, job: PasswordWork) -> str:
        """The encoded hash with its parameters and salt; raises Unavailable as `verify` does."""
        return await self._away(job, self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str, job: PasswordWork) -> bool:
        """Whether this is the password; None is nobody's, and takes as long to be wrong.

        Raises Unavailable when too many are waiting, or the work would end behind its deadline.
        """
        matches = await self._away(job, self._matches, encoded or self._nobodys, password)
        return matches and encoded is not None

    def forgive(self, job: PasswordWork) -> None:
        """The password was right: who knows it was not guessing."""
        self._turns.forgive(job.origin)

    async def _away(self, job: PasswordWork, work: Callable[..., Result], *what: str) -> Result:
        await self._turns.take(job.origin, job.deadline)
        job.has_begun = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        working = loop.run_in_executor(self._threads, work, *what)
        # Work that its caller no longer waits for still has the thread.
        working.add_done_callback(lambda _: self._turns.give_back(loop.time() - began))
        return await asyncio.shield(working)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerifyMismatchError:
            return False
