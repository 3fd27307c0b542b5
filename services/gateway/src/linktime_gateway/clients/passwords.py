"""argon2id, away from the event loop and never more than two at a time."""

import asyncio

from argon2 import PasswordHasher

AT_ONCE = 2  # each takes 64 MiB and about a tenth of a second of one core


class Passwords:
    """Hashes passwords with argon2-cffi's defaults (RFC 9106, low memory)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The encoded hash with its parameters and salt."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)
