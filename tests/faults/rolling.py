"""Steady requests of several hosts; each is sent once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
from tests.hosts import Answer, Host

from linktime_local.testing.waiting import eventually

PAUSE_SECONDS = 0.05


class Traffic:
    """Books and reads for each host until stopped; `failures` are the answers but success."""

    def __init__(self, hosts: list[Host]) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self._hosts = hosts
        self._is_over = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for host in self._hosts:
                group.create_task(self._book(host))
                group.create_task(self._read(host, "/api/v1/bookings"))
                group.create_task(self._read(host, "/api/v1/contacts"))

    def stop(self) -> None:
        self._is_over = True

    async def more(self, number: int) -> None:
        """Return after so many more bookings."""
        wanted = self.answers["book"] + number
        await eventually(lambda: self.answers["book"] >= wanted, within=120, what="bookings")

    async def _book(self, host: Host) -> None:
        for start in await host.slots(days=13):
            if self._is_over:
                return
            await self._count("book", 201, partial(host.book, start))

    async def _read(self, host: Host, path: str) -> None:
        while not self._is_over:
            await self._count(path, 200, partial(host.call, "GET", path))

    async def _count(self, name: str, wanted: int, send: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = await send()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.failures.append(f"{name}: {error!r}")
        else:
            self.answers[name] += 1
            if answer.status != wanted:
                self.failures.append(f"{name}: {answer}")
        await asyncio.sleep(PAUSE_SECONDS)
