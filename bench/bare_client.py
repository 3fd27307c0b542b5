"""The rate of aiohttp alone: `python -m bench.bare_client URL SECONDS` prints POSTs per second.

One process on uvloop with as many concurrent signed requests as a dispatcher, without broker,
database, address checks and log.
"""

import asyncio
import sys
import time

import aiohttp
import uvloop
from services.webhooks.tests.processes import booked

from linktime_common.ids import new_id
from linktime_webhooks.dispatcher.slots import IN_ALL
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.payloads import body_of


async def run(url: str, seconds: float) -> float:
    body, end, sent = body_of(booked(new_id())), time.monotonic() + seconds, 0
    secret = signing.new_secret()

    async def send(session: aiohttp.ClientSession) -> None:
        nonlocal sent
        while time.monotonic() < end:
            headers = signing.headers(
                [secret], identifier="msg_1", timestamp=int(time.time()), body=body
            )
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()
            sent += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(send(session) for _ in range(IN_ALL)))
    return sent / seconds


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(run(sys.argv[1], float(sys.argv[2]))))
