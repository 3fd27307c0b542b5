"""argon2id, away from the event loop, never more than two at a time, and with a bounded queue."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from linktime_common.errors import Unavailable

Result = TypeVar("Result")

AT_ONCE = 2  # each takes 64 MiB and about a tenth of a second of one core
MOST_PENDING = 100  # about five seconds of work: who comes later would be answered too late


class Passwords:
    """Hashes passwords with argon2-cffi's defaults (RFC 9106, low memory)."""

    def __init__(self) -> None:
        """Hashes once, for about a tenth of a second: make it before anything is served."""
        self._hasher = PasswordHasher()
        # Of a password that nobody knows, looked at where there is none to look at.
        self._nobodys = self._hasher.hash(secrets.token_hex())
        # Threads and not a semaphore: work that its caller no longer waits for still counts.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """The encoded hash with its parameters and salt; raises Unavailable as `verify` does."""
        return await self._away(self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether this is the password; None is nobody's, and takes as long to be wrong.

        Raises Unavailable when too many are waiting.
        """
        matches = await self._away(self._matches, encoded or self._nobodys, password)
        return matches and encoded is not None

    async def _away(self, work: Callable[..., Result], *what: str) -> Result:
        if self._pending >= MOST_PENDING:
            raise Unavailable("too many passwords are waiting to be looked at")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *what)
        finally:
            self._pending -= 1

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerifyMismatchError:
            return False
