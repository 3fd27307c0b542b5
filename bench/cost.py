"""The processor time of one booking in all processes, compared with an older version.

`python -m bench.cost [COMMIT]` (`make cost`): runs two stacks, of this source tree and of COMMIT,
at the same time. They are measured alternately, one idle while the other takes bookings, because a
machine's speed varies; only ratios are reliable. Exits with 1 when the ratio is above the goal,
which refers to one version.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

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
IDLE_SECONDS = 10.0
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
Work = Callable[["Side"], Awaitable[int]]


@dataclass
class Side:
    """One of the two stacks with its clients."""

    stack: RunningStack
    hosts: list[tuple[Host, Iterator[str]]]
    databases: dict[str, "asyncpg.Connection[Any]"]
    has_mails: bool
    booked: int = 0
    idle: Seconds = field(default_factory=dict)

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

    async def measure_idle(self) -> None:
        """Measure the processor time per second without requests."""
        before = self.stack.processor_seconds()
        await asyncio.sleep(IDLE_SECONDS)
        after = self.stack.processor_seconds()
        self.idle = {kind: (after[kind] - before[kind]) / IDLE_SECONDS for kind in KINDS}

    async def measure(self, work: Work) -> Seconds:
        """Measure one round: milliseconds for each of what `work` counts, by kind of process."""
        before, began = self.stack.processor_seconds(), time.monotonic()
        count = await work(self)
        after, took = self.stack.processor_seconds(), time.monotonic() - began
        return {k: (after[k] - before[k] - self.idle[k] * took) * 1000 / count for k in KINDS}

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
                await asyncio.gather(*(side.measure_idle() for side in both))
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
    return Side(stack, [(host, iter(free)) for host in hosts], databases, has_mails)


async def take_turns(before: Side, now: Side, work: Work) -> tuple[list[Seconds], list[Seconds]]:
    """Measure `work` in both stacks alternately; return the rounds of each."""
    rounds: tuple[list[Seconds], list[Seconds]] = [], []
    for number in range(ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            rounds[which].append(await (before, now)[which].measure(work))
    return rounds


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
    rows = []
    for kind in KINDS:
        for when, rounds in (("before", before), ("now", now)):
            middle = statistics.median(one[kind] for one in rounds)
            rows.append(Row(f"a booking: {kind}, {when}", round(middle, 2), "ms"))
    for when, rounds in (("before", before), ("now", now)):
        middle = statistics.median(sum(one.values()) for one in rounds)
        rows.append(Row(f"a booking: all, {when}", round(middle, 2), "ms"))
    aim = f" (aim: {GOAL})" if commit == BEFORE else ""
    return [*rows, Row(f"a booking: all, now to before{aim}", ratio(before, now), "")]


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Return the rows as a table, one line for the answers and for each kind of process."""
    (old, new, share), values = [row.value for row in rows[:3]], [row.value for row in rows[3:]]
    yield f"{'milliseconds a booking':<24}{'before':>9}{'now':>9}{'ratio':>9}"
    yield f"{'its answer':<24}{old:>9.2f}{new:>9.2f}{share:>9.2f}"
    yield "of processor time:"
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
