"""Long-lived tasks that end only when their owner stops them.

An asyncio task can end unnoticed: it may return, fail, or be cancelled because a library cancelled
what it awaited (aiormq does so when a connection is lost). A supervised task is restarted after
each of these. `tests/test_long_lived_tasks.py` allows no other place to create a long-lived task.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, NoReturn

from linktime_common import logs
from linktime_common.failure_logs import log_failure
from linktime_common.sqlstates import is_outage

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 30.0
"""After a task ran this long, the restart delay is reset."""

Run = Callable[[], Coroutine[Any, Any, None]]

running: "set[SupervisedTask]" = set()
"""All running tasks of this process."""


class SupervisedTask:
    """Runs `run` from `start` to `stop`, and restarts it when it ends in between."""

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self.task: asyncio.Task[None] | None = None
        self._run = run
        self._next_start: asyncio.TimerHandle | None = None
        self._is_stopping = False
        self._started_at = 0.0
        self._ends_in_a_row = 0

    def start(self) -> None:
        """Start the task; called once."""
        running.add(self)  # asyncio keeps no strong reference to tasks
        self._start_task()

    async def stop(self, *, ask_every_seconds: float | None = None) -> None:
        """Cancel the task and wait until it has ended, without a time limit.

        It is cancelled once, or repeatedly every `ask_every_seconds` if it may swallow a
        cancellation.
        """
        self._is_stopping = True
        running.discard(self)
        if self._next_start is not None:
            self._next_start.cancel()
        while self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait({self.task}, timeout=ask_every_seconds)

    def _start_task(self) -> None:
        self._started_at = asyncio.get_running_loop().time()
        self.task = asyncio.create_task(self._call(), name=self.name)
        self.task.add_done_callback(self._ended)

    async def _call(self) -> None:
        await self._run()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if self._is_stopping:
            if error is not None:
                log_failure("task failed while it stopped", error, task=self.name)
            return
        loop = asyncio.get_running_loop()
        was_steady = loop.time() - self._started_at > STEADY_SECONDS
        self._ends_in_a_row = 1 if was_steady else self._ends_in_a_row + 1
        doubled = 2 ** min(self._ends_in_a_row - 1, 10)
        pause = min(FIRST_PAUSE_SECONDS * doubled, LONGEST_PAUSE_SECONDS)
        # Before the log line, which may fail: on a full disk, for example.
        self._next_start = loop.call_later(pause, self._start_task)
        how = "cancelled" if task.cancelled() else "returned" if error is None else "failed"
        what = "task ended and is started again"
        if error is not None and is_outage(error):
            logs.logger().warning(what, task=self.name, how=how, error=error)
        else:
            logs.logger().error(what, task=self.name, how=how, exc_info=error)


@contextlib.asynccontextmanager
async def supervised(*tasks: SupervisedTask) -> AsyncIterator[None]:
    """Run the tasks for the duration of the block."""
    for task in tasks:
        task.start()
    try:
        yield
    finally:
        await asyncio.gather(*(task.stop() for task in tasks))


async def run_supervised(*tasks: SupervisedTask) -> NoReturn:
    """Run the tasks until cancelled."""
    async with supervised(*tasks):
        while True:
            await asyncio.Event().wait()
