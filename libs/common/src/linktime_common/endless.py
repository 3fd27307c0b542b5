"""Jobs that run until cancelled and survive failures."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn

from linktime_common import logs
from linktime_common.sqlstates import is_outage
from linktime_common.supervision import SupervisedTask

Job = Callable[[], Awaitable[object]]


def periodic(
    name: str,
    job: Job,
    *,
    every_seconds: float,
    wake: asyncio.Event | None = None,
    gather_seconds: float = 0.0,
) -> SupervisedTask:
    """Return a task that runs `job` at start and then as `repeat` does."""
    run = partial(
        repeat, name, job, after_seconds=every_seconds, wake=wake, gather_seconds=gather_seconds
    )
    return SupervisedTask(name, run)


async def repeat(
    what: str,
    job: Job,
    *,
    after_seconds: float = 0.0,
    wake: asyncio.Event | None = None,
    gather_seconds: float = 0.0,
) -> NoReturn:
    """Run `job` repeatedly, `after_seconds` apart; after failures with growing pauses.

    A run starts `gather_seconds` after `wake` is set, also if it was set during the last run: what
    is to be done by then is done in one run. An outage is logged in one line, any other error with
    its stack.
    """
    failures = 0
    while True:
        check_cancelled()
        if wake is not None:
            wake.clear()
        try:
            await job()
        except asyncio.CancelledError:
            check_cancelled()
            failures += 1
            logs.logger().warning("job was cancelled by a library", job=what)
        except Exception as error:
            failures += 1
            if is_outage(error):
                logs.logger().warning(
                    "job waits for an unavailable dependency", job=what, error=error
                )
            else:
                logs.logger().exception("job failed", job=what)
        else:
            failures = 0
        pause = max(after_seconds, 0.1 * 2 ** min(failures, 6) if failures else 0.0)
        await (asyncio.sleep(pause) if wake is None else wait(wake, pause))
        if gather_seconds and wake is not None and wake.is_set():
            await asyncio.sleep(gather_seconds)


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, at most `seconds`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def check_cancelled() -> None:
    """Raise CancelledError if this task was cancelled and the cancellation was swallowed.

    asyncio.wait_for of Python 3.11, which aiormq uses everywhere, swallows it when the awaited
    future completes at the same moment; an endless task would then never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
