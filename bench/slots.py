"""Slots of a month as a pure function: 31 days, 09:00-17:00 in Berlin, 30 minutes each.

`python -m bench.slots` prints CPU microseconds, the median of several rounds, without and with 100
and 1,000 busy intervals. The month is March 2026, which has a DST change.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from linktime_availability.domain import wall_time
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.slot_rows import slot_json
from linktime_availability.domain.slots import Availability, free_starts
from linktime_common.timezones import zone

ROUNDS = 15
CALLS_A_ROUND = 40
BERLIN = "Europe/Berlin"


class Row(NamedTuple):
    """One line of the report."""

    what: str
    value: float
    unit: str


def run() -> list[Row]:
    """Measure and return the rows in the order of printing."""
    since, until = wall_time.dates_span(zone(BERLIN), date(2026, 3, 1), date(2026, 3, 31))
    rows = []
    for events in (0, 100, 1000):
        month = _month(events, since, until)
        name = f"slots of a month, {events} busy intervals"

        def listing(month: Availability = month) -> list[int]:
            return free_starts(month, since, until)

        def first_time() -> None:
            wall_time.instant.cache_clear()
            listing()

        def with_json() -> None:
            b",".join(slot_json(listing(), 1800, zone(BERLIN)))

        rows += [
            Row(f"{name}: found", len(listing()), "slots"),
            Row(f"{name}: list", _microseconds(listing), "µs"),
            Row(f"{name}: list, no window edge known yet", _microseconds(first_time), "µs"),
            Row(f"{name}: list and its JSON", _microseconds(with_json), "µs"),
        ]
    return rows


def _month(events: int, since: int, until: int) -> Availability:
    draw = random.Random(events)
    starts = sorted(draw.randrange(since, until, 900) for _ in range(events))
    return Availability(
        Schedule(BERLIN, dict.fromkeys(range(7), (Window(9 * 60, 17 * 60),))),
        BookingRules(duration_minutes=30, slot_interval_minutes=30, minimum_notice_minutes=0),
        now=since - 3600,
        busy=[(start, start + draw.choice((900, 1800, 3600))) for start in starts],
    )


def _microseconds(call: Callable[[], object]) -> float:
    """Return the CPU time of one call: the median of rounds, each the mean of its calls."""
    rounds = []
    for _ in range(ROUNDS):
        before = time.process_time_ns()
        for _ in range(CALLS_A_ROUND):
            call()
        rounds.append((time.process_time_ns() - before) / CALLS_A_ROUND / 1000)
    return round(statistics.median(rounds), 1)


if __name__ == "__main__":
    for row in run():
        print(f"{row.what:<64} {row.value:>8,.1f} {row.unit}")
