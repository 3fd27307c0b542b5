"""Works on what is due, a fixed number at once, so that a slow one holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from linktime_common import logs
from linktime_common.failure_logs import log_failure

LOOK_SECONDS = 1.0
"""How often what has become due is leased while there is room."""
GIVE_BACK_SECONDS = 2.0
"""A process that stops does not wait longer for the database; the leases end by themselves."""

Leased = TypeVar("Leased")


async def work_through(
    lease: Callable[[int], Awaitable[Sequence[Leased]]],
    work: Callable[[Leased], Awaitable[None]],
    give_back: Callable[[Sequence[Leased]], Awaitable[None]],
    *,
    at_once: int,
) -> int:
    """Lease at most the given number and work on them until nothing is due; return how many.

    Each end makes room for the next lease. `work` settles its failures; one that it raises is
    logged. A lease that fails is tried again while there is other work. A process that stops gives
    back what it has not worked on to its end.
    """
    done = 0
    running: dict[asyncio.Task[None], Leased] = {}
    try:
        while True:
            room = at_once - len(running)
            if room:
                leased = await _lease(lease, room, is_alone=not running)
                running |= {asyncio.create_task(_settled(work, one)): one for one in leased}
            if not running:
                return done
            is_full = len(running) == at_once
            ended, _ = await asyncio.wait(
                running,
                timeout=None if is_full else LOOK_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            done += len(ended)
            for task in ended:
                del running[task]
    finally:
        if running:
            await _stop(running, give_back)


async def _stop(
    running: Mapping[asyncio.Task[None], Leased],
    give_back: Callable[[Sequence[Leased]], Awaitable[None]],
) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    # What came to its end all the same is settled.
    left = [one for task, one in running.items() if task.cancelled()]
    if left:
        # A task of its own, as time limits in one that is being cancelled raise CancelledError.
        await asyncio.create_task(_give_back(give_back, left))


async def _give_back(
    give_back: Callable[[Sequence[Leased]], Awaitable[None]], left: Sequence[Leased]
) -> None:
    try:
        async with asyncio.timeout(GIVE_BACK_SECONDS):
            await give_back(left)
    except Exception as error:
        logs.logger().warning("leases are not given back and end later", error=error)


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
