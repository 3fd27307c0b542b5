"""Works on what is due, a fixed number at once, so that a slow one holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from linktime_common import logs
from linktime_common.failure_logs import log_failure

LOOK_SECONDS = 1.0
"""How often what has become due is leased while there is room."""

Leased = TypeVar("Leased")


async def work_through(
    lease: Callable[[int], Awaitable[Sequence[Leased]]],
    work: Callable[[Leased], Awaitable[None]],
    *,
    at_once: int,
) -> int:
    """Lease at most the given number and work on them until nothing is due; return how many.

    Each end makes room for the next lease. `work` settles its failures; one that it raises is
    logged. A lease that fails is tried again while there is other work.
    """
    done = 0
    running: set[asyncio.Task[None]] = set()
    try:
        while True:
            room = at_once - len(running)
            if room:
                leased = await _lease(lease, room, is_alone=not running)
                running |= {asyncio.create_task(_settled(work, one)) for one in leased}
            if not running:
                return done
            is_full = len(running) == at_once
            ended, running = await asyncio.wait(
                running,
                timeout=None if is_full else LOOK_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            done += len(ended)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _lease(
    lease: Callable[[int], Awaitable[Sequence[Leased]]], room: int, *, is_alone: bool
) -> Sequence[Leased]:
    try:
        return await lease(room)
    except Exception as error:
        if is_alone:
            raise
        logs.logger().warning("nothing can be leased now", error=error)
        return ()


async def _settled(work: Callable[[Leased], Awaitable[None]], one: Leased) -> None:
    try:
        await work(one)
    except Exception as error:
        log_failure("leased work could not be settled; its lease will end", error)
