"""Busy time of calendars: 60 days of a feed of 2,000 events, and of 119 objects of a server.

`python -m bench.expansion` prints processor milliseconds of reading and expanding in one process,
and wall milliseconds with the child process, medians of several rounds.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench.slots import Row

from linktime_availability.calendars.expansion import BusyRules, ExpansionLimits, expand
from linktime_availability.calendars.expansion.calendar import expand_object, window_of

ROUNDS = 7
EVENTS = 2_000
HITS = 119
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=60)
RULES = BusyRules(zone="Europe/Berlin", own_address="host@example.com")
WINDOW = (int(SINCE.timestamp()), int(UNTIL.timestamp()))
LIMITS = ExpansionLimits()


def run() -> list[Row]:
    """Measure and return the rows in the order of printing."""
    every_12_hours = [SINCE + timedelta(hours=12 * number) for number in range(-900, EVENTS - 900)]
    feed = _calendar(*(_event(start) for start in every_12_hours))
    objects = [_calendar(_event(start, weekly=start.hour > 0)) for start in every_12_hours[900:]]
    objects = objects[:HITS]
    window = window_of(RULES, *WINDOW)

    def read_feed() -> None:
        expand_object(feed, RULES, window, LIMITS)

    def read_objects() -> None:
        for one in objects:
            expand_object(one, RULES, window, LIMITS)

    return [
        Row(f"60 days of a feed of {EVENTS:,} events", _milliseconds(read_feed), "ms"),
        Row(f"60 days of {HITS} objects, half of them weekly", _milliseconds(read_objects), "ms"),
        Row("one object in a new child process, wall time", _wall(objects[:1]), "ms"),
        Row(f"{HITS} objects in a new child process, wall time", _wall(objects), "ms"),
    ]


def _event(start: datetime, *, weekly: bool = False) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{start:%Y%m%d%H}@bench.example",
        f"DTSTART;TZID=America/New_York:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=America/New_York:{start + timedelta(hours=1):%Y%m%dT%H%M%S}",
        *(["RRULE:FREQ=WEEKLY"] if weekly else []),
        "SUMMARY:A meeting about the next meeting",
        "DESCRIPTION:" + "Nobody needs to prepare anything. " * 8,
        "ATTENDEE;CN=Host;PARTSTAT=ACCEPTED:mailto:host@example.com",
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


def _calendar(*events: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""]).encode()


def _milliseconds(call: Callable[[], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        call()
        rounds.append((time.process_time() - before) * 1000)
    return round(statistics.median(rounds), 1)


def _wall(objects: list[bytes]) -> float:
    async def once() -> float:
        before = time.perf_counter()
        await expand(objects, RULES, *WINDOW)
        return (time.perf_counter() - before) * 1000

    async def rounds() -> list[float]:
        return [await once() for _ in range(ROUNDS)]

    return round(statistics.median(asyncio.run(rounds())), 1)


if __name__ == "__main__":
    for row in run():
        print(f"{row.what:<64} {row.value:>8,.1f} {row.unit}")
