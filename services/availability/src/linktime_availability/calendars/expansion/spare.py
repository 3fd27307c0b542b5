"""Keeps a child process ready, so that a booking does not wait for its start."""

import asyncio
import contextlib
from asyncio.subprocess import Process

from linktime_availability.calendars.expansion.child import start_child


class SpareChild:
    """Starts children, each of the second and later ones before it is needed.

    A child reads one batch, so it never has calendars of two hosts.
    """

    def __init__(self) -> None:
        self._spares: list[asyncio.Task[Process]] = []

    async def close(self) -> None:
        """End the children that are ready."""
        for spare in self._spares:
            with contextlib.suppress(OSError):
                await _end(await spare)

    async def take(self) -> Process:
        """Return a child that has read nothing, and start the next one; raises OSError."""
        try:
            while self._spares:
                with contextlib.suppress(OSError):  # it did not start
                    process = await self._wait_for(self._spares.pop())
                    if process.returncode is None:
                        return process
            return await self._wait_for(_starting())
        finally:
            if not self._spares:
                self._spares.append(_starting())

    async def _wait_for(self, child: asyncio.Task[Process]) -> Process:
        """Return the child; keep it for the next batch if this one is cancelled meanwhile."""
        try:
            return await asyncio.shield(child)
        except asyncio.CancelledError:
            self._spares.append(child)
            raise


def _starting() -> asyncio.Task[Process]:
    return asyncio.create_task(start_child())


async def _end(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.communicate()
