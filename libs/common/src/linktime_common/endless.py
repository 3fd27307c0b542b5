"""Jobs that go on until cancelled, whatever fails meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NoReturn

from linktime_common import logs
from linktime_common.errors import Unavailable
from linktime_common.postgres import CONNECTION_LOST


async def repeat(
    what: str, job: Callable[[], Awaitable[object]], *, after_seconds: float = 0.0
) -> NoReturn:
    """Run `job` again and again, `after_seconds` apart; after failures with growing pauses.

    An outage is logged in a line, anything else with its stack.
    """
    failures = 0
    while True:
        try:
            await job()
        except (Unavailable, *CONNECTION_LOST) as error:
            failures += 1
            logs.logger().warning("waiting for the database", job=what, error=str(error))
        except Exception:
            failures += 1
            logs.logger().exception("job failed", job=what)
        else:
            failures = 0
        await asyncio.sleep(max(after_seconds, 0.1 * 2 ** min(failures, 6) if failures else 0.0))


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, at most that long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
