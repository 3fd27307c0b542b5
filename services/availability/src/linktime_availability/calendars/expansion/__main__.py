"""The child: reads objects from standard input and writes one line for each to standard output."""

import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any

from linktime_availability.calendars.expansion.calendar import (
    SearchWindow,
    expand_object,
    window_of,
)
from linktime_availability.calendars.expansion.results import BusyRules, ExpansionLimits
from linktime_availability.calendars.expansion.wire import EXIT_MEMORY, line, read_frame
from linktime_availability.restraints import end_after, restrain


class ObjectReader:
    """Expands the objects of one batch."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.limits = ExpansionLimits(**settings["limits"])
        self.rules = BusyRules(**settings["rules"])
        self.window: SearchWindow = window_of(self.rules, settings["since"], settings["until"])
        self.object_ends = 0.0
        self.series: int | None = None
        restrain(
            cpu_seconds=settings["cpu_seconds"],
            memory_bytes=self.limits.memory_bytes,
            open_files=self.limits.open_files,
        )

    def expand(self, skip: dict[str, str], data: bytes) -> None:
        """Expand one object and write its result."""
        self.object_ends = time.process_time() + self.limits.object_cpu_seconds
        self.series = None
        self._limit(self.limits.object_cpu_seconds)
        expansion = expand_object(
            data,
            self.rules,
            self.window,
            self.limits,
            skip={int(number): reason for number, reason in skip.items()},
            beginning=self._begin,
        )
        say(done=asdict(expansion))

    def _begin(self, series: int | None) -> None:
        """Announce a series, so that the parent knows which one was worked on."""
        if series != self.series:
            self.series = series
            say(series=series)
        self._limit(
            self.limits.object_cpu_seconds if series is None else self.limits.series_cpu_seconds
        )

    def _limit(self, seconds: float) -> None:
        end_after(min(seconds, self.object_ends - time.process_time()))


def say(**words: Any) -> None:
    """Write one line at once, with the processor time so far: this process may be ended next."""
    left = memoryview(line({**words, "cpu": time.process_time()}))
    while left:
        left = left[os.write(1, left) :]


def main() -> None:
    settings = read_frame(sys.stdin.buffer)
    if settings is None:
        return
    reader = ObjectReader(json.loads(settings))
    # A stack trace quotes what is read.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    say(ready=True)
    while True:
        skip, data = read_frame(sys.stdin.buffer), read_frame(sys.stdin.buffer)
        if skip is None or data is None:
            return
        reader.expand(json.loads(skip), data)


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        os._exit(EXIT_MEMORY)
    # All answers are written. Taking the interpreter down takes longer than reading one event.
    os._exit(0)
