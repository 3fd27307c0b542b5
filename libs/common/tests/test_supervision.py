"""A supervised task ends only when its owner stops it."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from linktime_common import supervision
from linktime_common.endless import repeat
from linktime_common.supervision import SupervisedTask, supervised
from linktime_local.testing.waiting import eventually


class Job:
    """Ends in the given way at each start; the last one keeps running."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.starts = 0
        self.finished = 0

    async def run(self) -> None:
        self.starts += 1
        try:
            if not self.ends:
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            end = self.ends.pop(0)
            if end is not None:
                raise end
        finally:
            self.finished += 1


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.001)


async def test_every_end_but_the_owners_is_a_restart(caplog: pytest.LogCaptureFixture) -> None:
    """Returned, failed, cancelled by a library: each is logged with its kind."""
    job = Job(None, RuntimeError("a fault"), asyncio.CancelledError())
    with caplog.at_level(logging.ERROR):
        async with supervised(SupervisedTask("job", job.run)):
            await eventually(lambda: job.starts == 4)
    assert (job.starts, job.finished) == (4, 4)
    ours = [one for one in caplog.records if one.name == "linktime_common.supervision"]
    lines = [one.getMessage() for one in ours]
    hows = ("returned", "failed", "cancelled")
    assert [how for line in lines for how in hows if how in line] == list(hows)
    assert "a fault" in lines[1]


async def test_a_cancellation_from_elsewhere_is_a_restart() -> None:
    """Also while it waits for its restart."""
    job = Job()
    task = SupervisedTask("job", job.run)
    async with supervised(task):
        for starts in (1, 2, 3):
            await eventually(lambda expected=starts: job.starts == expected)
            assert task.task is not None
            task.task.cancel()
            task.task.cancel()
        await eventually(lambda: job.starts == 4)
    assert task.task.done()
    assert task not in supervision.running


async def test_a_log_that_cannot_be_written_keeps_nothing_from_its_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk, for example."""

    def full() -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(supervision, "logs", SimpleNamespace(logger=full))
    unhandled: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: unhandled.append(context.get("exception")))
    job = Job(RuntimeError())
    try:
        async with supervised(SupervisedTask("job", job.run)):
            await eventually(lambda: job.starts == 2)
    finally:
        loop.set_exception_handler(None)
    assert "No space left on device" in [str(one) for one in unhandled]


async def test_ends_in_a_row_are_further_and_further_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that ends at each start does not fill the log."""
    monkeypatch.setattr(supervision, "LONGEST_PAUSE_SECONDS", 0.004)
    loop, pauses = asyncio.get_running_loop(), list[float]()
    call_later = loop.call_later

    def noting(delay: float, callback: object, *arguments: object) -> asyncio.TimerHandle:
        if getattr(callback, "__func__", None) is SupervisedTask._start_task:
            pauses.append(delay)
        return call_later(delay, callback, *arguments)

    monkeypatch.setattr(loop, "call_later", noting)
    job = Job(None, None, None, None)
    async with supervised(SupervisedTask("job", job.run)):
        await eventually(lambda: job.starts == 5)
    assert pauses == [0.001, 0.002, 0.004, 0.004]


async def test_a_stop_waits_for_the_work_in_hand() -> None:
    """It is cancelled once: a second cancellation would interrupt its cleanup."""
    finished = asyncio.Event()

    async def careful() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await finished.wait()

    task = SupervisedTask("careful", careful)
    task.start()
    await asyncio.sleep(0)
    stopping = asyncio.create_task(task.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    finished.set()
    await stopping


async def test_a_stop_is_repeated_where_it_may_be_swallowed() -> None:
    """Such as by a client library that swallows a cancellation while it connects."""
    swallowed = 0

    async def greedy() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1

    task = SupervisedTask("greedy", greedy)
    task.start()
    await asyncio.sleep(0)
    await task.stop(ask_every_seconds=0.01)
    assert swallowed == 3


async def test_a_repeated_job_survives_the_cancellation_of_its_future() -> None:
    """A library's cancelled future is a failure of the job, not the end of the task."""
    times = 0

    async def job() -> None:
        nonlocal times
        times += 1
        if times == 1:
            gone = asyncio.get_running_loop().create_future()
            gone.cancel()
            await gone
        await asyncio.Event().wait()

    task = asyncio.create_task(repeat("job", job))
    await eventually(lambda: times == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(("end", "level"), [(TimeoutError(), "WARNING"), (RuntimeError(), "ERROR")])
async def test_an_outage_that_ends_a_task_is_a_warning(
    caplog: pytest.LogCaptureFixture, end: Exception, level: str
) -> None:
    """Any other error is logged as one."""
    job = Job(end)
    async with supervised(SupervisedTask("job", job.run)):
        await eventually(lambda: job.starts == 2)
    assert [record.levelname for record in caplog.records] == [level]
