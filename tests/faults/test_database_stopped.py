"""PostgreSQL is stopped for all services at once, and then continued."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from tests.browsers import sign_up
from tests.faults.truth import booked_times, booking, settled
from tests.hosts import Answer

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

STOPPED_SECONDS = 25.0
SLACK = 3.0  # for two shared cores; without a limit a wait takes ten seconds and more
READS = ("event-types", "bookings", "contacts", "me")


async def _timed(request: Awaitable[Any]) -> tuple[Any, float]:
    began = time.monotonic()
    return await request, time.monotonic() - began


@pytest.mark.soak
async def test_every_response_is_in_time(stack: Stack, http: aiohttp.ClientSession) -> None:
    """503 within three seconds, four for a booking and for signing in; nothing is lost."""
    host, browser = await sign_up(stack, http)
    free = await host.slots()
    write = booking(host, free[0])

    async def sign_in() -> Answer:
        body = {"email": host.email, "password": "not the right one"}
        return await browser.call("POST", "/dashboard/api/session", body)

    async def ask() -> list[tuple[Answer, float, float]]:
        requests: list[tuple[float, Awaitable[Any]]] = [
            (4.0, write.send()),
            (4.0, sign_in()),
            (3.0, browser.call("GET", "/dashboard/api/contacts")),
            (3.0, browser.call("GET", "/dashboard/api/api-keys")),
            (3.0, browser.call("GET", f"/api/public/{host.username}")),
            *((3.0, host.call("GET", f"/api/v1/{name}")) for name in READS for _ in range(5)),
        ]
        answers = await asyncio.gather(*(_timed(request) for _promised, request in requests))
        return [
            (answer, took, promised)
            for (answer, took), (promised, _request) in zip(answers, requests, strict=True)
        ]

    stack.pause("postgres")
    try:
        until = time.monotonic() + STOPPED_SECONDS
        while time.monotonic() < until:
            for answer, took, promised in await ask():
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) >= 1
                assert took < promised + SLACK
    finally:
        stack.resume("postgres")

    async def is_well() -> bool:
        return {answer.status for answer, _took, _promised in await ask()} <= {200, 201, 401}

    await eventually(is_well, within=30, what="good answers again")
    assert (await write.until_answered()).status == 201
    await settled(host)
    assert await booked_times(host) == [free[0]]
