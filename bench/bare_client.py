"""What aiohttp alone can do: `python -m bench.bare_client URL SECONDS` prints POSTs a second."""

import asyncio
import sys
import time

import aiohttp
import uvloop
from services.webhooks.tests.processes import booked

from linktime_common.ids import new_id
from linktime_webhooks.domain.payloads import body_of

AT_ONCE = 64


async def run(url: str, seconds: float) -> float:
    body, end, sent = body_of(booked(new_id())), time.monotonic() + seconds, 0

    async def send(session: aiohttp.ClientSession) -> None:
        nonlocal sent
        while time.monotonic() < end:
            async with session.post(url, data=body) as response:
                await response.read()
            sent += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(send(session) for _ in range(AT_ONCE)))
    return sent / seconds


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(run(sys.argv[1], float(sys.argv[2]))))
