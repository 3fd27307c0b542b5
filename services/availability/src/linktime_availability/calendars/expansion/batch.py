"""Expands the objects of one calendar in child processes.

The parent reads no calendar text. A child that a limit ends is replaced, and what it worked on is
refused: the series if one was announced, otherwise the object.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from linktime_availability.calendars.expansion.child import Child, StartChild
from linktime_availability.calendars.expansion.results import (
    BusyRules,
    Expansion,
    ExpansionLimits,
    RefusalReason,
)


async def run(
    objects: Sequence[bytes],
    rules: BusyRules,
    since: int,
    until: int,
    limits: ExpansionLimits,
    *,
    start: StartChild,
) -> list[Expansion]:
    """Return the expansion of each object, in their order; raises ExpansionFailed."""
    settings = {"rules": asdict(rules), "since": since, "until": until, "limits": asdict(limits)}
    batch = _Batch(objects, settings, limits)
    while batch.pending:
        await batch.with_one_child(start)
    return [batch.found[number] for number in range(len(objects))]


class _Batch:
    def __init__(
        self, objects: Sequence[bytes], settings: dict[str, Any], limits: ExpansionLimits
    ) -> None:
        self._objects = objects
        self._settings = settings
        self._limits = limits
        self._ends_at = asyncio.get_running_loop().time() + limits.batch_seconds
        self._cpu_left = limits.batch_cpu_seconds
        self._intervals_left = limits.intervals
        self._booking_intervals_left = limits.intervals
        self._skip: dict[int, dict[int, str]] = {}
        self._series: int | None = None
        self.found = {
            number: Expansion.refusal(RefusalReason.TOO_LARGE)
            for number, data in enumerate(objects)
            if len(data) > limits.body_bytes
        }
        self.pending = [number for number in range(len(objects)) if number not in self.found]

    async def with_one_child(self, start: StartChild) -> None:
        """Expand pending objects until all are done or the child ends."""
        settings = self._settings | {"cpu_seconds": self._cpu_left}
        async with Child.started(settings, self._limits, self._ends_at, start) as child:
            to_feed = [(self._skip.get(one, {}), self._objects[one]) for one in self.pending]
            _, cpu = await asyncio.gather(child.feed(to_feed), self._collect(child))
            if self.pending:
                # It has not said how much time the last step took; not more than these two.
                cpu += min(self._step_seconds(), child.silent_for())
                self._blame(await child.why_it_ended())
        self._cpu_left -= cpu
        out_of_time = asyncio.get_running_loop().time() >= self._ends_at
        if self._cpu_left <= 0 or out_of_time:
            self._refuse_the_rest(RefusalReason.OUT_OF_TIME)

    async def _collect(self, child: Child) -> float:
        """Take the results in the order of the objects; return the processor time of the child."""
        cpu = 0.0
        self._series = None
        async for answer in child.answers():
            cpu = answer["cpu"]
            if "done" in answer:
                self._settle(Expansion.from_json(answer["done"]))
            else:
                self._series = answer["series"]
        return cpu

    def _settle(self, expansion: Expansion) -> None:
        """Set the result of the first pending object."""
        if (
            len(expansion.intervals) > self._intervals_left
            or expansion.booking_intervals > self._booking_intervals_left
        ):
            refusal = Expansion.refusal(RefusalReason.TOO_MANY)
            expansion = replace(refusal, events=expansion.events)
        self._intervals_left -= len(expansion.intervals)
        self._booking_intervals_left -= expansion.booking_intervals
        self.found[self.pending.pop(0)] = expansion
        self._series = None

    def _blame(self, reason: RefusalReason) -> None:
        """Refuse what the child worked on when it ended."""
        if reason is RefusalReason.OUT_OF_TIME:
            self._refuse_the_rest(reason)
            return
        skip = self._skip.setdefault(self.pending[0], {})
        if self._series is None or len(skip) == self._limits.kills_per_object:
            self._settle(Expansion.refusal(reason))
        else:
            skip[self._series] = reason

    def _step_seconds(self) -> float:
        of_object = self._series is None
        return self._limits.object_cpu_seconds if of_object else self._limits.series_cpu_seconds

    def _refuse_the_rest(self, reason: RefusalReason) -> None:
        while self.pending:
            self._settle(Expansion.refusal(reason))
