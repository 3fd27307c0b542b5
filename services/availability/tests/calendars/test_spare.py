"""The child that is started before it is needed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from linktime_availability.calendars.expansion import expand
from linktime_availability.calendars.expansion.spare import SpareChild
from linktime_local.testing.waiting import eventually

from .children import children
from .corpus_cases import RULES, SINCE, UNTIL
from .hostile_objects import NEIGHBOUR_ONLY, calendar

pytestmark = [
    pytest.mark.skipif(not Path("/proc").exists(), reason="finds children in /proc"),
    pytest.mark.usefixtures("nothing_is_left"),
]


@pytest.fixture
async def spare() -> AsyncIterator[SpareChild]:
    spare = SpareChild()
    yield spare
    await spare.close()


async def started(before: set[int]) -> int:
    """Return the child that was started since then."""
    await eventually(lambda: children() > before, within=30)
    (child,) = children() - before
    return child


async def test_no_child_is_started_before_the_first_is_needed(spare: SpareChild) -> None:
    """A service whose hosts have no calendars needs none."""
    before = children()
    await asyncio.sleep(0)
    assert children() == before


async def test_each_batch_has_a_child_that_was_ready(spare: SpareChild) -> None:
    """From the second batch on; and none is used twice."""
    before = children()
    used = set()
    for _batch in range(3):
        found = await expand([calendar()], RULES, SINCE, UNTIL, start=spare.take)
        assert found[0].intervals == NEIGHBOUR_ONLY
        ready = await started(before)
        assert ready not in used
        used.add(ready)


async def test_the_next_batch_gets_the_spare_child(spare: SpareChild) -> None:
    """The one that was started after the batch before."""
    before = children()
    await expand([calendar()], RULES, SINCE, UNTIL, start=spare.take)
    ready = await started(before)
    process = await spare.take()
    assert process.pid == ready
    await process.communicate(b"")  # nothing to read, so it ends


async def test_a_spare_child_that_has_ended_is_replaced(spare: SpareChild) -> None:
    """Whatever ended it."""
    before = children()
    await expand([calendar()], RULES, SINCE, UNTIL, start=spare.take)
    ready = await started(before)
    os.kill(ready, signal.SIGKILL)
    process = await spare._spares[0]
    await eventually(lambda: process.returncode is not None, within=30)
    found = await expand([calendar()], RULES, SINCE, UNTIL, start=spare.take)
    assert found[0].intervals == NEIGHBOUR_ONLY


async def test_several_at_once(spare: SpareChild) -> None:
    """Each has a child of its own; one spare child is left."""
    before = children()
    batches = (expand([calendar()], RULES, SINCE, UNTIL, start=spare.take) for _ in range(4))
    assert [found.intervals for (found,) in await asyncio.gather(*batches)] == [NEIGHBOUR_ONLY] * 4
    await started(before)


async def test_a_batch_that_is_cancelled_leaves_a_spare_child(spare: SpareChild) -> None:
    """A booking that had to wait too long makes the next one quicker."""
    before = children()
    task = asyncio.create_task(expand([calendar()], RULES, SINCE, UNTIL, start=spare.take))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await started(before)


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_moment(spare: SpareChild, turns: int) -> None:
    """No child is left that neither a batch nor the spare ones know."""
    await expand([calendar()], RULES, SINCE, UNTIL, start=spare.take)
    tasks = [asyncio.create_task(spare.take()) for _ in range(2)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    for taken in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(taken, BaseException):
            await taken.communicate(b"")
