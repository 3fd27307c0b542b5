"""Jobs that go on until cancelled, whatever fails meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NoReturn

from linktime_common import logs
from linktime_common.sqlstates import is_outage


async def repeat(
    what: str, job: Callable[[], Awaitable[object]], *, after_seconds: float = 0.0
) -> NoReturn:
    """Run `job` again and again, `after_seconds` apart; after failures with growing pauses.

    An outage is logged in a line, anything else with its stack.
    """
    failures = 0
    while True:
        heed_cancellation()
        try:
            await job()
        except asyncio.CancelledError:
            heed_cancellation()
            failures += 1
            logs.logger().warning("job was cancelled by what it waited for", job=what)
        except Exception as error:
            failures += 1
            if is_outage(error):
                logs.logger().warning("waiting for the database", job=what, error=error)
            else:
                logs.logger().exception("job failed", job=what)
        else:
            failures = 0
        await asyncio.sleep(max(after_seconds, 0.1 * 2 ** min(failures, 6) if failures else 0.0))


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
