"""Pages of event types under load: composed for each request, kept, and beside a crowd.

The slots of a page are at most two seconds old. Pages that are requested in turn, more of them than
the gateway keeps, are composed for each request; one page is composed once in that time. Every page
contains a whole month, the next one, since its event type has no free time in this one.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from bench.cost_trees import KINDS, RunningStack
from bench.main_path import OFFICE_HOURS, percentiles
from bench.slots import Row
from bench.wrk import load
from tests.hosts import make_host

from linktime_operator.operations import scheduling
from linktime_operator.stack.stack import Stack

HOSTS = 30
EVENT_TYPES_EACH = 20
CONNECTIONS = 32
ROUNDS = 5
SECONDS = 3
CROWD = 120
# Each of the crowd pauses that long between two requests: about 400 a second.
CROWD_PAUSE_MILLISECONDS = 300
CROWD_SECONDS = 6
CROWD_STARTS_SECONDS = 0.5
PAUSE_SECONDS = 0.02
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, br", "Accept-Language": "en"}
LIMITS = {"GATEWAY_LIMIT_PUBLIC_READS": "1000000000/minute"}


@dataclass(frozen=True)
class Pages:
    """The paths of all pages, in a file with one a line, and those of one page."""

    gateway: str
    paths: list[str]
    all: Path
    one: Path


async def run(stack: Stack, session: aiohttp.ClientSession, pages: Pages) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    rows = [
        *await _rate(stack, pages, pages.all, f"{len(pages.paths)} pages of {HOSTS} hosts in turn"),
        *await _rate(stack, pages, pages.one, "one page"),
    ]
    for what, pause in (
        ("400 requests a second", CROWD_PAUSE_MILLISECONDS),
        (f"{CROWD} connections as fast as they can", None),
    ):
        rows += await _beside_a_crowd(pages, session, what, pause)
    return rows


async def prepare(stack: Stack, session: aiohttp.ClientSession) -> Pages:
    """Raise the limits, and create hosts with event types that have no free time in this month."""
    await stack.restart("gateway", LIMITS)
    now = datetime.now(UTC)
    # A day more than to the end of the month, so that no time zone has a start in it.
    month_ends = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
    minutes = int((month_ends - now).total_seconds()) // 60
    rules = {"minimumNoticeMinutes": minutes, "maxDaysInAdvance": 120}

    async def of_one() -> list[str]:
        host = await make_host(stack, session)
        await scheduling.set_schedule(stack.clients, host.email, OFFICE_HOURS)
        slugs = [await host.add_event_type(**rules) for _ in range(EVENT_TYPES_EACH)]
        return [f"/{host.username}/{slug}" for slug in slugs]

    # In the order of event types, so that consecutive pages are of different hosts.
    of_hosts = await asyncio.gather(*(of_one() for _ in range(HOSTS)))
    paths = list(itertools.chain.from_iterable(zip(*of_hosts, strict=True)))
    every, one = stack.state / "pages.txt", stack.state / "page.txt"
    every.write_text("\n".join(paths[1:]) + "\n")
    one.write_text(paths[0] + "\n")
    return Pages(stack.file.gateway, paths[1:], every, one)


async def _rate(stack: Stack, pages: Pages, paths: Path, what: str) -> list[Row]:
    processes = RunningStack(stack.file, stack.clients)
    rates, costs = [], []
    for _ in range(ROUNDS):
        before = processes.processor_seconds()
        found = await load(pages.gateway, CONNECTIONS, SECONDS, BROWSER, paths=paths)
        after = processes.processor_seconds()
        rates.append(found.per_second)
        costs.append({k: (after[k] - before[k]) * 1000 / found.requests for k in KINDS})
    middle = {kind: statistics.median(one[kind] for one in costs) for kind in KINDS}
    shown = {kind: cost for kind, cost in middle.items() if cost >= 0.01}
    return [
        Row(f"{what}: pages", round(statistics.median(rates)), "a second"),
        *(Row(f"{what}: processor time of {k}", round(v, 2), "ms") for k, v in shown.items()),
    ]


async def _beside_a_crowd(
    pages: Pages, session: aiohttp.ClientSession, what: str, pause: int | None
) -> list[Row]:
    """Compare the times of other hosts' pages and slots with a crowd on one page and without."""
    other = itertools.cycle(pages.paths)
    alone: list[list[float]] = [[], []]
    beside: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        _add(alone, await _times(session, pages.gateway, other))
        crowd = asyncio.create_task(
            load(
                pages.gateway,
                CROWD,
                CROWD_SECONDS,
                BROWSER,
                paths=pages.one,
                pause_milliseconds=pause,
            )
        )
        await asyncio.sleep(CROWD_STARTS_SECONDS)
        _add(beside, await _times(session, pages.gateway, other))
        answered = await crowd
    rows = [Row(f"a crowd of {what}: pages", round(answered.per_second), "a second")]
    for name, without, with_crowd in zip(("page", "slots"), alone, beside, strict=True):
        rows += [
            *percentiles(f"another host's {name}, without a crowd", without),
            *percentiles(f"another host's {name}, beside {what}", with_crowd),
            Row(
                f"another host's {name}, beside {what}: p50 to without",
                round(statistics.median(with_crowd) / statistics.median(without), 2),
                "times",
            ),
        ]
    return rows


def _add(all_times: list[list[float]], found: list[list[float]]) -> None:
    for times, more in zip(all_times, found, strict=True):
        times.extend(more)


async def _times(
    session: aiohttp.ClientSession, gateway: str, paths: Iterator[str]
) -> list[list[float]]:
    """Return the milliseconds of pages that are composed, and of lists of a month."""
    first = (datetime.now(UTC) + timedelta(days=31)).date()
    query = f"timezone=UTC&startDate={first}&endDate={first + timedelta(days=31)}"
    ends = time.perf_counter() + CROWD_SECONDS - 2 * CROWD_STARTS_SECONDS
    times: list[list[float]] = [[], []]
    while time.perf_counter() < ends:
        path = next(paths)
        for place, url in enumerate((path, f"/api/public{path}/slots?{query}")):
            times[place].append(await _milliseconds(session, gateway + url))
            await asyncio.sleep(PAUSE_SECONDS)
    return times


async def _milliseconds(session: aiohttp.ClientSession, url: str) -> float:
    began = time.perf_counter()
    async with session.get(url, headers=BROWSER) as response:
        response.raise_for_status()
        await response.read()
    return (time.perf_counter() - began) * 1000
