"""Responses do not depend on where packets end, and nothing after malformed bytes is read."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import web

from linktime_common.http.routes import OPEN, Route
from linktime_local.testing.services import Running, serving

GET = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
CHUNKS = (
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nab\r\n4\r\n\r\n\r\n\r\n0\r\nX: y\r\n\r\n"
)
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BEGUN: asyncio.Semaphore


async def plain(_request: web.Request) -> web.Response:
    BEGUN.release()
    return web.Response(text="plain")


async def echo(request: web.Request) -> web.Response:
    BEGUN.release()
    return web.Response(body=await request.read())


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Running]:
    global BEGUN  # noqa: PLW0603 - created in the loop
    BEGUN = asyncio.Semaphore(0)
    routes = Route("GET", "/plain", plain, OPEN), Route("POST", "/echo", echo, OPEN)
    async with serving(*routes) as made:
        yield made


async def ask(service: Running, *packets: bytes) -> bytes:
    """Send the packets and return what arrives until the server closes.

    On a bare socket: asyncio's streams lose received bytes when a server that closes resets the
    connection, because it has not read the last packet.
    """
    loop = asyncio.get_running_loop()
    answers = b""
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", urlsplit(service.url).port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sending = asyncio.create_task(_send(client, packets))
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                while received := await loop.sock_recv(client, 65_536):
                    answers += received
        sending.cancel()
    return answers


async def _send(client: socket.socket, packets: tuple[bytes, ...]) -> None:
    with contextlib.suppress(ConnectionError):
        for packet in packets:
            await asyncio.get_running_loop().sock_sendall(client, packet)
            for _ in range(3):  # the server, in the same loop, most often reads it now
                await asyncio.sleep(0)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", answers)]


@pytest.mark.parametrize(
    ("begin", "bad"),
    [
        (b"", b"zz\r\n"),
        (b"2\r\nab\r\n", b"-1\r\n"),
        (b"2\r\nab", b"no end of the chunk"),
        (b"2\r\nab\r\n", b"ffffffffffffffffff\r\n"),
        (b"2\r\nab\r\n0\r\n", b"a trailer\x00: x\r\n\r\n"),
        (b"0\r\n", b"\x01\r\n"),
        (b"2;a=b\r\nab\r\n", b"2 2\r\nab\r\n"),
    ],
)
@pytest.mark.parametrize("earlier", [b"", GET])
async def test_a_malformed_body_is_refused_at_once(
    service: Running, begin: bytes, bad: bytes, earlier: bytes
) -> None:
    """In the packet of the head, and in a later one, when the handler waits for the body."""
    head = earlier + CHUNKED + begin
    for packets in ([head + bad + GET], [head, bad, GET], [head, bad[:1], bad[1:]]):
        answers = await ask(service, *packets)
        assert statuses(answers) == [200] * bool(earlier) + [400]
        last = answers[answers.rindex(b"HTTP/1.1 400") :]
        assert b"\r\nConnection: close\r\n" in last
        assert orjson.loads(last.partition(b"\r\n\r\n")[2]) == {
            "error": "The body is malformed",
            "code": "malformed_body",
        }


async def test_complete_requests_are_answered_before_the_refusal(service: Running) -> None:
    """Wherever the first packet ends."""
    requests = GET + POST + b"\r\n" + CHUNKS + GET
    stream = requests + b"NO HTTP\r\n\r\n" + GET
    for cut in range(len(stream)):
        answers = await ask(service, stream[:cut], stream[cut:])
        assert statuses(answers) == [200, 200, 200, 200, 400], cut
        assert b"\r\n\r\n\r\n\r\n\r\n\r\nHTTP" not in answers
        assert b"\r\n\r\nab\r\n\r\nHTTP/1.1 200 " in answers
    byte_by_byte = [stream[at : at + 1] for at in range(len(stream))]
    assert statuses(await ask(service, *byte_by_byte)) == [200, 200, 200, 200, 400]


async def test_more_requests_than_aiohttp_queues_are_answered(service: Running) -> None:
    """In order, then the refusal."""
    answers = await ask(service, GET * 300 + POST + b"\x00" + GET)
    assert statuses(answers) == [200] * 301 + [400]


async def test_nothing_after_malformed_bytes_is_handled(service: Running) -> None:
    """Neither in the same packet nor in a later one."""
    while not BEGUN.locked():
        await BEGUN.acquire()
    for packets in ([GET + b"\x01" + GET], [GET, b"\x01", GET], [GET + b"\x01\r\n\r\n", GET]):
        assert statuses(await ask(service, *packets)) == [200, 400]
        await BEGUN.acquire()
        assert BEGUN.locked()


@pytest.mark.parametrize(
    "last",
    [
        b"GET /plain HTTP/1.0\r\n\r\n",
        GET.replace(b"Host", b"Connection: close\r\nHost"),
        POST.replace(b"Host", b"Connection: close\r\nHost"),
        CHUNKS.replace(b"Host", b"Connection: close\r\nHost"),
    ],
)
@pytest.mark.parametrize("rest", [GET, b"\x00nonsense", POST])
async def test_bytes_after_the_last_request_are_ignored(
    service: Running, last: bytes, rest: bytes
) -> None:
    """RFC 9112 9.6: the server does not process requests received after it."""
    for packets in ([GET + last + rest], [GET + last, rest]):
        assert statuses(await ask(service, *packets)) == [200, 200]


@pytest.mark.parametrize(
    ("head", "answered"),
    [
        (b"Content-Length: 600000\r\n\r\n", [200, 200]),
        (b"Transfer-Encoding: chunked\r\n\r\n927c0\r\n", [200]),
    ],
)
async def test_a_body_of_line_ends_arrives_whole(
    service: Running, head: bytes, answered: list[int]
) -> None:
    """More than is buffered; the next request is answered too if the body's length is known."""
    body = b"\r\n\r\n" * 150_000
    end = b"\r\n0\r\n\r\n" if b"chunked" in head else b""
    close = GET.replace(b"Host", b"Connection: close\r\nHost")
    request = b"POST /echo HTTP/1.1\r\nHost: a\r\n" + head + body + end
    answers = await ask(service, request + close)
    assert statuses(answers) == answered
    echoed = answers.partition(b"\r\n\r\n")[2]
    assert echoed == body if answered == [200] else echoed.startswith(body + b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "sentence"),
    [
        (b"/plain?" + b"x" * 8_000, b"", 414, "The URL is longer than 8,000 bytes"),
        (b"/plain", b"X: " + b"x" * 8_191 + b"\r\n", 431, "A header is larger than 8,190 bytes"),
        # The parser adds the length of the name before, Host.
        (b"/plain", b"x" * 8_187 + b": x\r\n", 431, "A header is larger than 8,190 bytes"),
        (b"/plain", b"x" * 8_186 + b": x\r\n", 200, None),
        (b"/plain", b"x" * 8_181 + b": x\r\nX-Longer-1: x\r\n", 431, None),
        (b"/plain", b"X: y\r\n" * 127, 200, None),
        (b"/plain", b"X: y\r\n" * 128, 431, "The request has more than 128 headers"),
        (b"/plain?" + b"x" * 7_993, b"X: " + b"x" * 8_190 + b"\r\n", 200, None),
    ],
)
async def test_limits_of_a_head_are_named(
    service: Running, request_line: bytes, headers: bytes, status: int, sentence: str | None
) -> None:
    request = b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (request_line, headers)
    close = GET.replace(b"Host", b"Connection: close\r\nHost")
    answer = await ask(service, request + close)
    assert statuses(answer)[0] == status
    if sentence is not None:
        assert b"\r\nConnection: close\r\n" in answer
        code = {414: "url_too_long", 431: "headers_too_large"}[status]
        body = orjson.loads(answer.partition(b"\r\n\r\n")[2])
        assert body == {"error": sentence, "code": code}


@pytest.mark.parametrize(
    "name", [b"Authorization", b"Idempotency-Key", b"Origin", b"Sec-Fetch-Site", b"X-CSRF-Token"]
)
async def test_a_field_with_one_value_is_sent_once(service: Running, name: bytes) -> None:
    """Programs differ in which of two lines counts."""
    request = GET.replace(b"Host", b"%b: a\r\n%b: a\r\nHost" % (name, name.lower()))
    answer = await ask(service, request)
    assert statuses(answer) == [400]
    sentence = f"Send the header {name.decode()} only once"
    body = orjson.loads(answer.partition(b"\r\n\r\n")[2])
    assert body == {"error": sentence, "code": "malformed_request"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\n", b""),
        (CHUNKED + b"927c0\r\n", b"\r\n0\r\n\r\n"),
    ],
)
async def test_line_ends_are_work_in_proportion(
    service: Running, monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes
) -> None:
    """Blank lines before a request, and bodies of line ends, are few pieces for the parser."""
    calls, parse = [], web.RequestHandler.data_received

    def count(self: web.RequestHandler, data: bytes) -> None:
        calls.append(len(data))
        parse(self, data)

    monkeypatch.setattr(web.RequestHandler, "data_received", count)
    await ask(service, before + b"\r\n" * 300_000 + after, b"NO HTTP\r\n\r\n")
    assert len(calls) < 1_000
    assert sum(calls) >= 600_000
