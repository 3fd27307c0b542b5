"""Restarts units that end, with growing delays, and reports it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from linktime_common.supervision import SupervisedTask
from linktime_operator.stack.units import Unit

LOOK_EVERY_SECONDS = 0.1
DELAYS_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Before each restart in a row; the last one repeats."""

STEADY_SECONDS = 30.0
"""After a unit ran this long, the delay is reset."""

LOOP_DEATHS = 4


class Supervisor:
    """Watches units from `watch` until `stop_watching`, and restarts those that end.

    `changed` is called when a unit has new process ids, `say` with lines for the user.
    """

    def __init__(self, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self._changed = changed
        self._say = say
        self._watches: dict[str, SupervisedTask] = {}

    def watch(self, unit: Unit) -> None:
        """Restart this running unit when it ends."""
        task = SupervisedTask(f"{unit.name} supervisor", partial(self._keep_alive, unit))
        self._watches[unit.name] = task
        task.start()

    async def unwatch(self, name: str) -> None:
        """Stop watching a unit, before it is stopped on purpose."""
        task = self._watches.pop(name, None)
        if task is not None:
            await task.stop()

    async def stop_watching(self) -> None:
        """Stop watching all units."""
        for name in list(self._watches):
            await self.unwatch(name)

    async def _keep_alive(self, unit: Unit) -> None:
        deaths: deque[float] = deque(maxlen=len(DELAYS_SECONDS))
        began = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            how = unit.ended()
            if how is None:
                continue
            if time.monotonic() - began > STEADY_SECONDS:
                deaths.clear()
            deaths.append(time.monotonic())
            delay = DELAYS_SECONDS[len(deaths) - 1]
            self._report(unit, how, len(deaths))
            await asyncio.sleep(delay)
            await self._revive(unit)
            began = time.monotonic()

    def _report(self, unit: Unit, how: str, deaths: int) -> None:
        if deaths < LOOP_DEATHS:
            self._say(f"{unit.name} {how}; starting it again.")
        elif deaths == LOOP_DEATHS:
            self._say(
                f"{unit.name} keeps ending ({how}, {deaths} times in a row); trying again, "
                f"at last every {DELAYS_SECONDS[-1]:.0f} s. Its last lines:\n{unit.tail()}"
            )

    async def _revive(self, unit: Unit) -> None:
        try:
            await unit.start()
            self._changed()
        except Exception as error:
            # Any error, a full disk for example: the next check counts the unit again if it has
            # ended.
            self._say(f"{unit.name} could not be started again: {error}")
