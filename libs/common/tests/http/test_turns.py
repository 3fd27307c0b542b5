"""More requests than a port works on at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from linktime_common.http.bodies import reply_json
from linktime_common.http.call_headers import CALLER_SECONDS, CLIENT
from linktime_common.http.client import open_session
from linktime_common.http.operations import Operation
from linktime_common.http.routes import Route
from linktime_common.http.turns import AT_ONCE, MOST_WAITING, named_in_body
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running, serving
from linktime_local.testing.waiting import eventually

SHARE = AT_ONCE // 2
LONG = {CALLER_SECONDS: "60"}
HOST = UUID(int=1)
KINDS = frozenset({CallerKind.API_KEY, CallerKind.PUBLIC})
SLOW = Operation(summary="Waits for another server", tag="Test", seconds=9.5)

Ask = Callable[..., "asyncio.Task[tuple[int, dict[str, str]]]"]


class Work:
    """Requests in progress, which end when `may_end` is set."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun: list[str] = []
        self.cancelled = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.begun.append(request.headers.get("Name", ""))
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return reply_json({})

    async def has_begun(self, number: int) -> None:
        await eventually(lambda: len(self.begun) == number, what=f"{number} have begun")


@pytest.fixture
async def work() -> Work:
    return Work()


@pytest.fixture
async def service(work: Work) -> AsyncIterator[Running]:
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]] = work.handle
    routes = (
        Route("GET", "/of/{username}", handle, KINDS),
        Route("POST", "/book", handle, KINDS, host_of=named_in_body("hostId", "eventTypeId")),
        Route("GET", "/slow/{username}", handle, KINDS, operation=SLOW),
    )
    async with serving(*routes) as made:
        yield made
        work.may_end.set()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as made:
        yield made


@pytest.fixture
async def ask(service: Running, session: aiohttp.ClientSession) -> AsyncIterator[Ask]:
    """`ask(path, name="", body=None, address=None, subject=None)` starts a request."""
    tasks = []

    async def send(path: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str]]:
        method = "GET" if body is None else "POST"
        url = service.url + path
        async with session.request(method, url, json=body, headers=headers) as response:
            await response.read()
            return response.status, dict(response.headers)

    def start(
        path: str,
        name: str = "",
        *,
        body: Any = None,
        address: str | None = None,
        subject: UUID | None = None,
    ) -> "asyncio.Task[tuple[int, dict[str, str]]]":
        kind = CallerKind.API_KEY if subject else CallerKind.PUBLIC
        headers = {**service.identity(kind, subject=subject), **LONG, "Name": name}
        if address:
            headers[CLIENT] = address
        tasks.append(asyncio.create_task(send(path, headers, body)))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_surplus_requests_are_503_before_any_work(
    ask: Ask, work: Work, service: Running
) -> None:
    """The others succeed, and health is answered meanwhile."""
    crowd = [ask("/of/ada") for _ in range(SHARE + MOST_WAITING + 30)]
    await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
    async with service.session.get(f"{service.internal_url}/healthz") as response:
        assert response.status == 200
    await eventually(lambda: sum(one.done() for one in crowd) == 30, what="30 are refused")
    refused = [one.result() for one in crowd if one.done()]
    assert {status for status, _headers in refused} == {503}
    assert all(int(headers["Retry-After"]) >= 1 for _status, headers in refused)
    assert len(work.begun) == SHARE
    work.may_end.set()
    statuses = Counter([(await one)[0] for one in crowd])
    assert statuses == {200: SHARE + MOST_WAITING, 503: 30}


async def test_another_host_begins_at_once_beside_a_crowd(ask: Ask, work: Work) -> None:
    """Whether the path, the body or the identity names the host."""
    for number, crowded in enumerate(
        (
            lambda: ask("/of/ada"),
            lambda: ask("/book", body={"eventTypeId": "ada"}),
            lambda: ask("/of/any", subject=HOST),
        )
    ):
        crowd = [crowded() for _ in range(2 * AT_ONCE)]
        await work.has_begun(SHARE)
        other = ask("/of/bob", f"other {number}")
        await work.has_begun(SHARE + 1)
        assert work.begun[-1] == f"other {number}"
        work.may_end.set()
        assert (await other)[0] == 200
        assert {(await one)[0] for one in crowd} == {200}
        work.begun.clear()
        work.may_end.clear()


async def test_another_address_begins_at_once_beside_a_crowd(ask: Ask, work: Work) -> None:
    """The crowd of one address asks about many hosts; only half of the turns are its own."""
    crowd = [ask(f"/of/host-{number}", address="192.0.2.1") for number in range(2 * AT_ONCE)]
    await work.has_begun(SHARE)
    ask("/of/host-1", "other", address="192.0.2.2")
    await work.has_begun(SHARE + 1)
    assert work.begun[-1] == "other"
    assert not any(one.done() for one in crowd)


async def test_work_of_callers_that_left_is_not_done(ask: Ask, work: Work) -> None:
    """What is in progress is cancelled, and what waits does not begin."""
    left = [ask("/of/ada", "left") for _ in range(SHARE + MOST_WAITING // 2)]
    await work.has_begun(SHARE)
    for one in left:
        one.cancel()
    await eventually(lambda: work.cancelled == SHARE, what="the work is cancelled")
    work.may_end.set()
    assert (await ask("/of/ada", "stays"))[0] == 200
    assert work.begun[SHARE:] == ["stays"]


async def test_a_request_waits_for_half_of_its_callers_time(
    ask: Ask, work: Work, service: Running
) -> None:
    """It is refused while those before it are still in progress."""
    crowd = [ask("/of/ada") for _ in range(SHARE)]
    await work.has_begun(SHARE)
    headers = {**service.identity(CallerKind.PUBLIC), CALLER_SECONDS: "0.02"}
    async with service.session.get(f"{service.url}/of/ada", headers=headers) as response:
        assert response.status == 503
    assert not any(one.done() for one in crowd)


@pytest.mark.parametrize("seconds", ["", "nan", "-1", "0", "1e9", "soon"])
async def test_an_unusable_number_of_seconds_is_ignored(
    service: Running, work: Work, seconds: str
) -> None:
    work.may_end.set()
    headers = {**service.identity(CallerKind.PUBLIC), CALLER_SECONDS: seconds}
    async with service.session.get(f"{service.url}/of/ada", headers=headers) as response:
        assert response.status == 200


async def test_writes_do_not_hold_up_reads(ask: Ask, work: Work) -> None:
    """They may wait for a service that does not answer."""
    writes = [ask("/book", body={"hostId": f"host-{number}"}) for number in range(AT_ONCE)]
    await work.has_begun(AT_ONCE)
    ask("/of/host-1", "read")
    await work.has_begun(AT_ONCE + 1)
    assert not any(one.done() for one in writes)


async def test_operations_that_wait_for_other_servers_do_not_hold_up_the_rest(
    ask: Ask, work: Work
) -> None:
    slow = [ask(f"/slow/host-{number}") for number in range(AT_ONCE)]
    await work.has_begun(AT_ONCE)
    ask("/of/host-1", "other")
    await work.has_begun(AT_ONCE + 1)
    assert not any(one.done() for one in slow)
