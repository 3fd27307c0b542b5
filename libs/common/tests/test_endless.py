"""Repeated jobs and their wake-up."""

import asyncio

from linktime_common.endless import periodic
from linktime_common.supervision import supervised
from linktime_local.testing.waiting import eventually

NEVER = 3600.0


async def test_a_wake_begins_the_next_run_at_once() -> None:
    """Set between two runs, or during one."""
    wake, may_end, runs = asyncio.Event(), asyncio.Event(), 0

    async def job() -> None:
        nonlocal runs
        runs += 1
        await may_end.wait()

    async with supervised(periodic("job", job, every_seconds=NEVER, wake=wake)):
        await eventually(lambda: runs == 1)
        wake.set()
        may_end.set()
        await eventually(lambda: runs == 2)
        wake.set()
        await eventually(lambda: runs == 3)
        await asyncio.sleep(0.05)
        assert runs == 3, "without a wake it waits"


async def test_wakes_that_are_gathered() -> None:
    """What wakes the job again before the run begins is part of that run."""
    wake, runs = asyncio.Event(), 0

    async def job() -> None:
        nonlocal runs
        runs += 1

    gathered = periodic("job", job, every_seconds=NEVER, wake=wake, gather_seconds=0.05)
    async with supervised(gathered):
        await eventually(lambda: runs == 1)
        for _ in range(5):
            wake.set()
            await asyncio.sleep(0)
        assert runs == 1
        await eventually(lambda: runs == 2)
        await asyncio.sleep(0.1)
        assert runs == 2


async def test_a_failure_is_followed_by_another_run() -> None:
    """For any error."""
    runs = 0

    async def job() -> None:
        nonlocal runs
        runs += 1
        raise RuntimeError("a fault")

    async with supervised(periodic("job", job, every_seconds=0.0)):
        await eventually(lambda: runs == 3)
