"""Many clients of the longest list of slots, and their effect on another host's clients.

`python -m bench.crowd`: 120 concurrent clients request 62 days of an event type with a slot every
five minutes, day and night, in all whole-hour zones; meanwhile one client lists a month of another
host's slots and books them.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from urllib.parse import urlencode

import aiohttp
from bench.main_path import percentiles
from bench.slots import Row
from bench.stack import measure_alone
from tests.hosts import Host, make_host

from linktime_operator.stack.stack import Stack

CROWD = 120
ALONE = 20
SECONDS = 10.0
DAYS = 62
ZONES = [f"Etc/GMT{hours:+}" for hours in range(-14, 13)]
EVERY_FIVE_MINUTES = {"durationMinutes": 5, "maxDaysInAdvance": 90}


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        crowded, other = await make_host(stack, session), await make_host(stack, session)
        slug = await crowded.add_event_type(**EVERY_FIVE_MINUTES)
        longest = cycle([_slots_url(crowded, slug, DAYS, zone) for zone in ZONES])
        month = _slots_url(other, other.event_type, 31, "Europe/Berlin")
        free = await other.slots(days=30)
        alone = [await _timed(session, next(longest)) for _ in range(ALONE)]
        return [
            *percentiles("the longest list, one caller", [ms for _, ms in alone]),
            *await _at_once(session, cycle([next(longest)]), "in one zone"),
            *await _at_once(session, longest, "in 27 zones"),
            *await _beside(session, longest, month, other, free),
        ]


async def _at_once(session: aiohttp.ClientSession, longest: Iterator[str], where: str) -> list[Row]:
    began = time.perf_counter()
    answers = await asyncio.gather(*[_timed(session, next(longest)) for _ in range(CROWD)])
    seconds = time.perf_counter() - began
    good = [status for status, _ in answers].count(200)
    name = f"{CROWD} at once for the longest list, {where}"
    return [
        Row(f"{name}: answered 200", good, "of them"),
        Row(f"{name}: the last answer after", round(seconds, 2), "s"),
    ]


async def _beside(
    session: aiohttp.ClientSession,
    longest: Iterator[str],
    month: str,
    other: Host,
    free: list[str],
) -> list[Row]:
    ends = time.perf_counter() + SECONDS
    crowd: Counter[int] = Counter()

    async def request_longest() -> None:
        while time.perf_counter() < ends:
            status, _ = await _timed(session, next(longest))
            crowd[status] += 1

    wanted = iter(free)
    callers = [asyncio.create_task(request_longest()) for _ in range(CROWD)]
    await asyncio.sleep(1)
    lists, books = await asyncio.gather(
        _repeated(lambda: _timed(session, month), ends),
        _repeated(lambda: _booked(other, next(wanted)), ends),
    )
    await asyncio.gather(*callers)
    return [
        Row("the longest list, 120 callers: answered 200", crowd[200] / SECONDS, "a second"),
        Row("the longest list, 120 callers: refused", crowd.total() - crowd[200], ""),
        *_of("another host's month beside them", 200, lists),
        *_of("another host's bookings beside them", 201, books),
    ]


def _of(what: str, wanted: int, answers: list[tuple[int, float]]) -> list[Row]:
    refused = sum(status != wanted for status, _ in answers)
    return [*percentiles(what, [ms for _, ms in answers]), Row(f"{what}: refused", refused, "")]


async def _repeated(
    call: Callable[[], Awaitable[tuple[int, float]]], ends: float
) -> list[tuple[int, float]]:
    answers = []
    while time.perf_counter() < ends:
        answers.append(await call())
        await asyncio.sleep(0.02)
    return answers


async def _timed(session: aiohttp.ClientSession, url: str) -> tuple[int, float]:
    began = time.perf_counter()
    async with session.get(url) as response:
        await response.read()
    return response.status, (time.perf_counter() - began) * 1000


async def _booked(host: Host, start: str) -> tuple[int, float]:
    began = time.perf_counter()
    answer = await host.book(start)
    return answer.status, (time.perf_counter() - began) * 1000


def _slots_url(host: Host, slug: str, days: int, zone: str) -> str:
    first = (datetime.now(UTC) + timedelta(days=1)).date()
    query = {
        "timezone": zone,
        "startDate": str(first),
        "endDate": str(first + timedelta(days=days - 1)),
    }
    page = f"{host.stack.file.gateway}/api/public/{host.username}/{slug}"
    return f"{page}/slots?{urlencode(query)}"


if __name__ == "__main__":
    measure_alone(run)
