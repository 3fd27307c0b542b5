"""More requests than a port works on at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from linktime_common.http.client import open_session
from linktime_common.http.errors import RETRY_AFTER_SECONDS_WHEN_OVERLOADED
from linktime_common.http.places import MOST_AT_ONCE, MOST_WAITING
from linktime_common.http.routes import OPEN, Route
from linktime_local.testing.services import Running, serving
from linktime_local.testing.waiting import eventually


class Work:
    """Requests in progress, which end when `may_end` is set."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.now = self.most = self.cancelled = 0

    async def handle(self, _request: web.Request) -> web.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1
        return web.Response(text="done")


@pytest.fixture
async def work() -> Work:
    return Work()


@pytest.fixture
async def service(work: Work) -> AsyncIterator[Running]:
    async with serving(Route("GET", "/", work.handle, OPEN)) as made:
        yield made


async def statuses(asked: list["asyncio.Task[Any]"]) -> Counter[int]:
    return Counter([(await one).status for one in asked])


async def test_surplus_requests_are_503_before_any_work(service: Running, work: Work) -> None:
    """All others succeed, and health is answered meanwhile. Clients do not return together."""
    async with open_session() as session:

        async def ask(url: str) -> Any:
            async with session.get(url) as response:
                await response.read()
                return response

        crowd = MOST_AT_ONCE + MOST_WAITING + 30
        asked = [asyncio.create_task(ask(service.url)) for _ in range(crowd)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert {one.result().status for one in done} == {503}
        assert (await ask(f"{service.internal_url}/healthz")).status == 200
        work.may_end.set()
        answers = await asyncio.gather(*asked)
    assert work.most == MOST_AT_ONCE
    refused = [one for one in answers if one.status == 503]
    assert len(refused) >= 30
    assert len(answers) - len(refused) >= MOST_AT_ONCE
    waits = {int(one.headers["Retry-After"]) for one in refused}
    first, last = RETRY_AFTER_SECONDS_WHEN_OVERLOADED
    assert len(waits) > 1
    assert waits <= set(range(first, last + 1))


async def test_a_request_waits_only_shortly(service: Running, work: Work) -> None:
    """It is refused while the requests before it are still in progress."""
    async with open_session() as session:
        begun = [asyncio.create_task(session.get(service.url)) for _ in range(MOST_AT_ONCE)]
        await eventually(lambda: work.now == MOST_AT_ONCE, what="all places are taken")
        async with session.get(service.url) as refused:
            assert refused.status == 503
        assert work.now == MOST_AT_ONCE
        work.may_end.set()
        assert await statuses(begun) == {200: MOST_AT_ONCE}


async def test_a_request_ends_when_its_caller_leaves(service: Running, work: Work) -> None:
    """Its place is free for others."""
    async with open_session() as session:
        begun = [asyncio.create_task(session.get(service.url)) for _ in range(MOST_AT_ONCE)]
        await eventually(lambda: work.now == MOST_AT_ONCE, what="all places are taken")
        for one in begun:
            one.cancel()
        await eventually(lambda: work.cancelled == MOST_AT_ONCE, what="all are cancelled")
        work.may_end.set()
        async with session.get(service.url) as response:
            assert response.status == 200
