"""Services that are unavailable, hung, restarting or slow."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from linktime_gateway.app import SERVICE
from linktime_gateway.clients.upstream import IDEMPOTENCY_KEY
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import Running, running

READ, WRITE = "/api/v1/bookings", "/api/v1/bookings/1/cancel"


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """The port of a stopped process: the kernel accepts connections, and nothing responds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@contextlib.contextmanager
def full_port() -> Iterator[int]:
    """A port with a full backlog: connections are neither accepted nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


@contextlib.asynccontextmanager
async def gateway_before(port: int, settings: dict[str, Any]) -> AsyncIterator[Running]:
    """Start another gateway whose bookings service is at `port`."""
    async with running(
        SERVICE, **{**settings, "bookings_url": f"http://127.0.0.1:{port}"}
    ) as gateway:
        yield gateway


def is_unavailable(answer: Any) -> bool:
    return (
        answer.status == 503
        and int(answer.headers["Retry-After"]) >= 1
        and set(answer.json) == {"error", "code"}
        and bool(answer.headers["X-Request-Id"])
    )


@pytest.mark.usefixtures("product_time_limits")
async def test_a_stopped_service_is_503_immediately(
    call: Any, key: str, settings: dict[str, Any]
) -> None:
    """Connections are refused; well within the three seconds of a request."""
    async with gateway_before(free_port(), settings) as gateway:
        began = time.monotonic()
        for method, path in (("GET", READ), ("POST", WRITE)):
            assert is_unavailable(await call(method, path, key, url=gateway.url))
        assert time.monotonic() - began < 2


@pytest.mark.usefixtures("product_time_limits")
async def test_a_host_that_accepts_no_connection_is_503_after_a_second(
    call: Any, key: str, settings: dict[str, Any]
) -> None:
    """Connecting has its own timeout."""
    with full_port() as port:
        async with gateway_before(port, settings) as gateway:
            began = time.monotonic()
            assert is_unavailable(await call("GET", READ, key, url=gateway.url))
            assert 0.9 < time.monotonic() - began < 2.5


@pytest.mark.usefixtures("product_time_limits")
async def test_a_hung_service_is_503_after_three_seconds_or_four_for_a_booking(
    call: Any, key: str, settings: dict[str, Any]
) -> None:
    """Other services are not affected."""
    with silent_port() as port:
        async with gateway_before(port, settings) as gateway:

            async def timed(method: str, path: str) -> tuple[Any, float]:
                began = time.monotonic()
                answer = await call(method, path, key, url=gateway.url)
                return answer, time.monotonic() - began

            read, write, other = await asyncio.gather(
                timed("GET", READ), timed("POST", WRITE), timed("GET", "/api/v1/me")
            )
    assert is_unavailable(read[0])
    assert 2.9 < read[1] < 3.8
    assert is_unavailable(write[0])
    assert 3.9 < write[1] < 4.8
    assert other[0].status == 200
    assert other[1] < 1


class Restarting:
    """A service that responds once per connection and closes it at the next request."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await self._take(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await self._take(reader)
        writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        self.requests.append(head.split(b" ", 1)[0].decode())


@pytest.fixture
async def restarting(
    key: str, settings: dict[str, Any]
) -> AsyncIterator[tuple[Restarting, str, str]]:
    """A restarting contacts service, the URL of a gateway before it, and a key."""
    service = Restarting()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, running(SERVICE, **{**settings, "contacts_url": url}) as gateway:
        yield service, gateway.url, key


@pytest.mark.parametrize(
    ("method", "headers", "is_repeated"),
    [
        ("GET", {}, True),
        ("HEAD", {}, True),
        ("POST", {}, False),
        ("POST", {IDEMPOTENCY_KEY: "k"}, True),
        ("PUT", {}, False),
        ("DELETE", {}, False),
    ],
)
async def test_safe_requests_are_repeated_when_a_connection_ends(
    restarting: Any, call: Any, method: str, headers: dict[str, str], is_repeated: bool
) -> None:
    """A read, or a write with an Idempotency-Key, is sent again; other requests are not.

    A repeated DELETE could return 404 because the first one succeeded.
    """
    service, url, key = restarting
    assert (await call("GET", "/api/v1/contacts", key, url=url)).status == 200
    path = "/api/v1/contacts" if method == "POST" else "/api/v1/contacts/1"
    answer = await call(method, path, key, url=url, headers=headers, data=b"{}")
    if is_repeated:
        assert answer.status == 200
    else:
        assert is_unavailable(answer)
    sent = "GET" if method == "HEAD" else method
    assert service.requests == ["GET", *[sent] * (2 if is_repeated else 1)]


async def test_an_incomplete_response_is_503(call: Any, world: Any, key: str) -> None:
    """It is not forwarded."""

    async def reply(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"data": [')
        request.transport.abort()
        return response

    world["bookings"].reply = reply
    assert is_unavailable(await call("GET", READ, key))


async def test_an_endless_response_is_503(call: Any, world: Any, key: str) -> None:
    """The size of a response is limited."""

    async def reply(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while request.transport is not None:
                await response.write(b"x" * 1_000_000)
        return response

    world["bookings"].reply = reply
    assert is_unavailable(await call("GET", READ, key))
