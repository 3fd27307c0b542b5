"""The processor time of one booking in all processes, compared with an older version.

`python -m bench.cost [COMMIT]` (`make cost`): runs two stacks, of this source tree and of COMMIT,
at the same time. They are measured alternately, one idle while the other takes bookings, because a
machine's speed varies; only ratios are reliable. What a stack takes while it is idle is subtracted.
Exits with 1 when the ratio is above the goal,
which refers to one version.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, cast

import aiohttp
import asyncpg
from bench.cost_trees import KINDS, ROOT, RunningStack, older_tree, running_stack
from bench.slots import Row
from tests.hosts import Host, make_host

from linktime_local.testing.waiting import eventually

BEFORE = "d139542d"
"""The version that the goal refers to: the last one without mail."""

GOAL = 1.5
"""With two mails for each booking; not reached yet, see docs/performance.md."""

ANSWER_GOAL = 1.1
"""The answer to a booking waits for no mail."""

ROUNDS = 8
ANSWERS = 15
PAUSE_SECONDS = 0.1
CALLERS = 8
BOOKINGS_EACH = 25
WARM_UP_EACH = 10
SETTLE_SECONDS = 0.5
"""What follows the last effect, such as acknowledgements, belongs to the round."""
CREATED = 201

# Processing is complete when these counts equal `booked`, or 0.
DONE = {
    "availability": "SELECT count(*) FROM reservations WHERE status = 'confirmed'",
    "contacts": "SELECT count(*) FROM meetings WHERE contact_id IS NOT NULL",
    "webhooks": "SELECT count(*) FROM events_seen",
}
LEFT = {
    "bookings": "SELECT count(*) FROM outbox WHERE published_at IS NULL",
    "contacts": "SELECT count(*) FROM outbox WHERE published_at IS NULL",
}
# An older version has no mails.
HAS_MAILS = "SELECT to_regclass('email_messages') IS NOT NULL"
MAILS_LEFT = "SELECT count(*) FROM email_messages WHERE status IN ('QUEUED', 'SENDING')"
# A booking has two events: its own and its new contact's.
TIMES = {"availability": 1, "contacts": 1, "webhooks": 2}

Seconds = Mapping[str, float]


class Used(NamedTuple):
    """Processor time in a period of `took` seconds, in which the work was done `times` times."""

    seconds: Seconds
    took: float
    times: int = 0


Work = Callable[["Side"], Awaitable[int]]


@dataclass
class Side:
    """One of the two stacks with its clients."""

    stack: RunningStack
    hosts: list[tuple[Host, Iterator[str]]]
    databases: dict[str, "asyncpg.Connection[Any]"]
    has_mails: bool
    own_backends: frozenset[int]
    """PostgreSQL's processes for `databases`: what the measurement asks is not measured."""
    booked: int = 0

    async def book(self, each: int = BOOKINGS_EACH) -> int:
        """Make `each` bookings per client concurrently, and wait until they are processed."""

        async def fill(host: Host, starts: Iterator[str]) -> None:
            for start in islice(starts, each):
                answer = await host.book(start)
                if answer.status != CREATED:
                    raise SystemExit(f"A booking was answered {answer.status}: {answer.body}")

        await asyncio.gather(*(fill(*caller) for caller in self.hosts))
        self.booked += each * len(self.hosts)
        await eventually(self._is_done, within=60, every=0.05)
        return each * len(self.hosts)

    async def answers(self) -> float:
        """Return the median milliseconds of the answers to one client's bookings."""
        host, starts = self.hosts[0]
        took = []
        for start in islice(starts, ANSWERS):
            began = time.monotonic()
            answer = await host.book(start)
            took.append((time.monotonic() - began) * 1000)
            if answer.status != CREATED:
                raise SystemExit(f"A booking was answered {answer.status}: {answer.body}")
            # What the booking before causes, such as its mails, is mostly done by then.
            await asyncio.sleep(PAUSE_SECONDS)
        self.booked += len(took)
        await eventually(self._is_done, within=60, every=0.05)
        return statistics.median(took)

    async def measure(self, work: Work, other: "Side") -> tuple[Used, Used]:
        """Measure one round, and what the other stack takes meanwhile, which is idle."""
        began, before, idle_before = time.monotonic(), self.used(), other.used()
        count = await work(self)
        await asyncio.sleep(SETTLE_SECONDS)
        after, idle_after, took = self.used(), other.used(), time.monotonic() - began
        idle = Used(_difference(idle_after, idle_before), took)
        return Used(_difference(after, before), took, count), idle

    def used(self) -> Seconds:
        """Return the processor time since the start, without that of the own queries."""
        return self.stack.processor_seconds(without=self.own_backends)

    async def _is_done(self) -> bool:
        for name, query in LEFT.items():
            if await self.databases[name].fetchval(query):
                return False
        if self.has_mails and await self.databases["bookings"].fetchval(MAILS_LEFT):
            return False
        for name, query in DONE.items():
            if await self.databases[name].fetchval(query) < self.booked * TIMES[name]:
                return False
        return True


async def run(commit: str = BEFORE) -> list[Row]:
    """Return milliseconds per booking before and now, and the ratios."""
    async with sides(commit) as (before, now):
        cost = _rows(commit, *await take_turns(before, now, Side.book))
        return [*await _answers(commit, before, now), *cost]


@asynccontextmanager
async def sides(commit: str) -> AsyncIterator[tuple[Side, Side]]:
    """Run a stack of `commit` and one of this tree; both have made bookings and are idle."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        with older_tree(commit) as tree:
            async with (
                running_stack(tree, session) as old,
                running_stack(ROOT, session) as new,
            ):
                both = await _side(old, session), await _side(new, session)
                for side in both:
                    await side.book(WARM_UP_EACH)
                yield both
                for side in both:
                    for connection in side.databases.values():
                        await connection.close()


async def _side(stack: RunningStack, session: aiohttp.ClientSession) -> Side:
    hosts = [await make_host(cast("Any", stack), session) for _ in range(CALLERS)]
    free = await hosts[0].slots(days=10)
    dsns = stack.file.postgres.databases
    databases = {name: await asyncpg.connect(dsns[name].dsn) for name in {*DONE, *LEFT}}
    has_mails = await databases["bookings"].fetchval(HAS_MAILS)
    pids = [await one.fetchval("SELECT pg_backend_pid()") for one in databases.values()]
    callers = [(host, iter(free)) for host in hosts]
    return Side(stack, callers, databases, has_mails, frozenset(pids))


async def take_turns(before: Side, now: Side, work: Work) -> tuple[list[Seconds], list[Seconds]]:
    """Measure `work` in both stacks alternately; return the rounds of each, in milliseconds for
    each of what `work` counts."""
    both = (before, now)
    busy: tuple[list[Used], list[Used]] = [], []
    idle: tuple[list[Used], list[Used]] = [], []
    for number in range(ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            used, waited = await both[which].measure(work, both[1 - which])
            busy[which].append(used)
            idle[1 - which].append(waited)
    return _without_idle(busy[0], idle[0]), _without_idle(busy[1], idle[1])


def _without_idle(rounds: Sequence[Used], idle: Sequence[Used]) -> list[Seconds]:
    waited = sum(one.took for one in idle)
    rate = {kind: sum(one.seconds[kind] for one in idle) / waited for kind in KINDS}
    return [
        {k: (one.seconds[k] - rate[k] * one.took) * 1000 / one.times for k in KINDS}
        for one in rounds
    ]


def _difference(after: Seconds, before: Seconds) -> Seconds:
    return {kind: after[kind] - before[kind] for kind in KINDS}


async def _answers(commit: str, before: Side, now: Side) -> list[Row]:
    """Measure the answers of both stacks alternately."""
    pairs = [(await before.answers(), await now.answers()) for _ in range(ROUNDS)]
    old, new = (round(statistics.median(one), 2) for one in zip(*pairs, strict=True))
    share = round(statistics.median(n / b for b, n in pairs), 3)
    aim = f" (aim: {ANSWER_GOAL})" if commit == BEFORE else ""
    return [
        Row("the answer to a booking, before", old, "ms"),
        Row("the answer to a booking, now", new, "ms"),
        Row(f"the answer to a booking, now to before{aim}", share, ""),
    ]


def ratio(before: Sequence[Seconds], now: Sequence[Seconds]) -> float:
    """Return the median of the rounds' ratios, of all processes together."""
    pairs = zip(before, now, strict=True)
    return round(statistics.median(sum(n.values()) / sum(b.values()) for b, n in pairs), 3)


def _rows(commit: str, before: Sequence[Seconds], now: Sequence[Seconds]) -> list[Row]:
    aim = f" (aim: {GOAL})" if commit == BEFORE else ""
    return [
        *rows_by_kind("a booking", before, now),
        Row(f"a booking: all, now to before{aim}", ratio(before, now), ""),
    ]


def rows_by_kind(what: str, before: Sequence[Seconds], now: Sequence[Seconds]) -> list[Row]:
    """Return the medians of the rounds, before and now: of each kind of process, and of all."""
    rows = []
    for kind in KINDS:
        for when, rounds in (("before", before), ("now", now)):
            middle = statistics.median(one[kind] for one in rounds)
            rows.append(Row(f"{what}: {kind}, {when}", round(middle, 2), "ms"))
    for when, rounds in (("before", before), ("now", now)):
        middle = statistics.median(sum(one.values()) for one in rounds)
        rows.append(Row(f"{what}: all, {when}", round(middle, 2), "ms"))
    return rows


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Return the rows as a table, one line for the answers and for each kind of process."""
    (old, new, share), values = [row.value for row in rows[:3]], [row.value for row in rows[3:]]
    yield f"{'milliseconds a booking':<24}{'before':>9}{'now':>9}{'ratio':>9}"
    yield f"{'its answer':<24}{old:>9.2f}{new:>9.2f}{share:>9.2f}"
    yield "of processor time:"
    yield from lines_by_kind(values)


def lines_by_kind(values: Sequence[float]) -> Iterator[str]:
    """Return lines for the values of `rows_by_kind` and the ratio of all."""
    for number, kind in enumerate((*KINDS, "all")):
        old, new = values[2 * number : 2 * number + 2]
        share = values[-1] if kind == "all" else new / old if old else 0.0
        yield f"{kind:<24}{old:>9.2f}{new:>9.2f}{share:>9.2f}"


def main() -> None:
    commit = sys.argv[1] if len(sys.argv) > 1 else BEFORE
    rows = asyncio.run(run(commit))
    print("\n".join(table(rows)))
    if commit == BEFORE and rows[-1].value > GOAL:
        raise SystemExit(f"A booking costs more than {GOAL} times what it cost before.")
    if commit == BEFORE and rows[2].value > ANSWER_GOAL:
        raise SystemExit(f"A booking is answered {rows[2].value} times as late as before.")


if __name__ == "__main__":
    main()
