"""Keeps a child process ready, so that a booking does not wait for its start."""

import asyncio
import contextlib
from asyncio.subprocess import Process
from types import TracebackType
from typing import Self

from linktime_availability.calendars.expansion.child import start_child


class SpareChild:
    """Starts children, each of the second and later ones before it is needed.

    A child reads one batch, so it never has calendars of two hosts.
    """

    def __init__(self) -> None:
        self._next: asyncio.Task[Process] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the spare child."""
        if self._next is None:
            return
        self._next.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            process = await self._next
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def take(self) -> Process:
        """Return a child that has read nothing, and start the next one; raises OSError."""
        spare, self._next = self._next, None
        try:
            return await _alive(spare) or await start_child()
        finally:
            if self._next is None:
                self._next = asyncio.create_task(start_child())


async def _alive(spare: asyncio.Task[Process] | None) -> Process | None:
    """Return the process unless it did not start or has ended."""
    if spare is None:
        return None
    try:
        process = await spare
    except OSError:
        return None
    return process if process.returncode is None else None
