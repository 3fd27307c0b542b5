"""Holds password checks back, and sends attempts from other addresses."""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain.client_address import origin_of


class Gate:
    """Blocks the two threads until it opens; records attempts, their turns and started work."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.queued: list[str] = []  # client addresses; those with a turn included
        self.taken: list[str] = []  # client addresses, in the order of turns
        self.started: list[str] = []
        self.turns: set[Turns] = set()

    async def until(self, queued: int, started: int) -> None:
        async with asyncio.timeout(20):
            while len(self.queued) < queued or len(self.started) < started:
                await asyncio.sleep(0.01)

    def requests_of(self, address: str) -> int:
        """Return how many recent requests of the address the queue counts."""
        (turns,) = self.turns
        return turns._counts.by(origin_of(address), asyncio.get_running_loop().time())[1]


@contextlib.asynccontextmanager
async def calling_from(address: str, browser: Any) -> AsyncIterator[Any]:
    """The same browser at another client address."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        elsewhere = dataclasses.replace(browser.gateway, session=session)
        yield dataclasses.replace(browser, gateway=elsewhere)


async def guess(browser: Any, address: str, password: str) -> int:
    async with calling_from(address, browser) as guesser:
        guesser.email = f"{password}@example.com"
        return (await guesser.sign_in(password)).status
