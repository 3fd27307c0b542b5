"""Jobs that go on until cancelled, whatever fails meanwhile."""

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
    name: str, job: Job, *, every_seconds: float, wake: asyncio.Event | None = None
) -> SupervisedTask:
    """A task that runs `job` once at its start and then as `repeat` does."""
    return SupervisedTask(name, partial(repeat, name, job, after_seconds=every_seconds, wake=wake))


async def repeat(
    what: str, job: Job, *, after_seconds: float = 0.0, wake: asyncio.Event | None = None
) -> NoReturn:
    """Run `job` again and again, `after_seconds` apart; after failures with growing pauses.

    It begins at once when `wake` is set, or when it was set while the last run went on. An outage
    is logged in a line, anything else with its stack.
    """
    failures = 0
    while True:
        heed_cancellation()
        if wake is not None:
            wake.clear()
        try:
            await job()
        except asyncio.CancelledError:
            heed_cancellation()
            failures += 1
            logs.logger().warning("job was cancelled by what it waited for", job=what)
        except Exception as error:
            failures += 1
            if is_outage(error):
                logs.logger().warning("job waits for what is away", job=what, error=error)
            else:
                logs.logger().exception("job failed", job=what)
        else:
            failures = 0
        pause = max(after_seconds, 0.1 * 2 ** min(failures, 6) if failures else 0.0)
        await (asyncio.sleep(pause) if wake is None else wait(wake, pause))


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, at most that long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def heed_cancellation() -> None:
    """Raise CancelledError if this task was cancelled and something swallowed it.

    asyncio.wait_for of Python 3.11, which aiormq calls everywhere, does so when what it waits for
    ends at the same moment; a task that goes on for ever would then never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
