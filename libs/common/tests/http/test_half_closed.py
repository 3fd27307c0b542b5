"""Clients that shut down their sending side and still read: RFC 9112 section 9.6."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from linktime_common.http.routes import OPEN, Route
from linktime_local.testing.services import Running, serving

GET = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 4_000_000  # more than the kernel buffers
Exchange = Callable[..., Awaitable[bytes]]


class Pace:
    """How far a request has come, and when it may end."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.may_end = asyncio.Event()


@pytest.fixture
async def pace() -> Pace:
    return Pace()


@pytest.fixture
async def service(pace: Pace) -> AsyncIterator[Running]:
    async def slow(_request: web.Request) -> web.Response:
        pace.begun.release()
        await pace.may_end.wait()
        return web.Response(body=b"done")

    async def echo(request: web.Request) -> web.Response:
        pace.begun.release()
        return web.Response(body=await request.read())

    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=bytes(LARGE))

    routes = (("GET", "/slow", slow), ("POST", "/echo", echo), ("GET", "/large", large))
    async with serving(*(Route(*route, OPEN) for route in routes)) as made:
        yield made


async def half_closed(
    service: Running, *parts: bytes, then: Callable[[], Awaitable[None]] | None = None
) -> bytes:
    """Send `parts` one after the other, half-close, and return the response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.write_eof()
        if then is not None:
            await then()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def statuses(answers: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.[01] (\d+) ", answers)


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_a_running_request_is_answered(service: Running, pace: Pace, version: bytes) -> None:
    """Then the connection closes; the response has `Connection: close`, or is HTTP/1.0."""

    async def end() -> None:
        await pace.begun.acquire()
        pace.may_end.set()

    answer = await half_closed(service, GET.replace(b"1.1", version), then=end)
    assert statuses(answer) == [b"200"]
    assert answer.endswith(b"\r\n\r\ndone")


async def test_every_complete_request_is_answered(service: Running, pace: Pace) -> None:
    """In order; an incomplete request is not executed."""
    pace.may_end.set()
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    for rest in (b"", GET[:-2], post[:-1]):
        answers = await half_closed(service, GET * 70, post, rest)
        assert statuses(answers) == [b"200"] * 71
        assert answers.endswith(b"\r\n\r\n{}")


async def test_a_body_in_parts_is_whole_at_its_end(service: Running) -> None:
    """With a length, and in chunks."""
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n"
    body = b"x" * 300_000
    sized = await half_closed(service, head % b"Content-Length: 300000", body[:9], body[9:])
    assert (statuses(sized), sized[-len(body) :]) == ([b"200"], body)
    chunks = (b"1\r\na\r\n", b"1\r\nb\r\n0\r\n\r\n")
    chunked = await half_closed(service, head % b"Transfer-Encoding: chunked", *chunks)
    assert chunked.endswith(b"\r\n\r\nab")


async def test_a_long_response_is_complete(service: Running) -> None:
    """Also the part that is written after the client's half-close."""
    answer = await half_closed(service, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE


async def test_malformed_http_is_refused(service: Running) -> None:
    """The whole error response arrives."""
    assert statuses(await half_closed(service, b"NONSENSE\r\n\r\n")) == [b"400"]


@pytest.mark.parametrize(
    "part",
    [
        b"",
        GET[:-2],
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
)
async def test_the_connection_closes_without_a_whole_request(service: Running, part: bytes) -> None:
    """Nothing can follow, so the server does not wait."""
    assert await half_closed(service, part) == b""


async def test_an_idle_connection_closes(service: Running, pace: Pace) -> None:
    """After a response there is nothing to wait for."""
    pace.may_end.set()
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
    try:
        writer.write(GET)
        async with asyncio.timeout(20):
            answer = await reader.readuntil(b"done")
            writer.write_eof()
            assert await reader.read() == b""
    finally:
        writer.close()
    assert statuses(answer) == [b"200"]
