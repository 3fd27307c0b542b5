"""Exact bytes of forwarded responses."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from linktime_common.http import errors
from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running

PATH = "/api/v1/contacts"
JSON = b"Content-Type: application/json\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 2\r\n\r\n{}"
FIXED_HEADERS = (
    b"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"RateLimit-Limit: 100000\r\nRateLimit-Remaining: -\r\nRateLimit-Reset: -\r\n"
    b"X-Request-Id: mine\r\n"
)
CHANGING = re.compile(rb"(?<=\r\n)(RateLimit-Remaining|RateLimit-Reset|Date): [^\r]+")


class Script:
    """A service that writes `answer` to each request; None closes the connection."""

    def __init__(self) -> None:
        self.answer: list[bytes | None] = []
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.requests.append(head + await reader.readexactly(int(length or 0)))
                for part in self.answer:
                    if part is None:
                        return
                    writer.write(part)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


Exchange = Callable[..., Awaitable[bytes]]


@pytest.fixture
async def wire(key: str, settings: dict[str, Any]) -> AsyncIterator[tuple[Script, Exchange]]:
    """A scripted contacts service, and `await exchange(request, …)` with a gateway before it."""
    script = Script()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def exchange(*parts: bytes, then_end: bool = False) -> bytes:
        """Send `parts`; return all bytes until the gateway closes, without variable headers."""
        port = int(gateway.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for part in parts:
                writer.write(part)
            if then_end:
                writer.write_eof()
            async with asyncio.timeout(10):
                return CHANGING.sub(rb"\1: -", await reader.read())
        finally:
            writer.close()

    async with server, running(SERVICE, **{**settings, "contacts_url": url}) as gateway:
        yield script, exchange


def request_bytes(
    key: str, method: str = "GET", *, version: str = "1.1", more: str = "", body: bytes = b""
) -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = (
        f"{method} {PATH} HTTP/{version}\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
        f"X-Request-Id: mine\r\n{length}{more}\r\n"
    )
    return head.encode() + body


def last(key: str) -> bytes:
    """Return a request with a small known response that closes the connection."""
    return request_bytes(key, "PURGE", more="Connection: close\r\n")


def response_bytes(status: bytes, passed: bytes, rest: bytes, body: bytes = b"") -> bytes:
    """Return head and body as the gateway writes them."""
    return b"HTTP/1.1 " + status + b"\r\n" + passed + FIXED_HEADERS + rest + b"\r\n" + body


LAST = (
    b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET,HEAD,POST\r\nContent-Type: application/json\r\n"
    + FIXED_HEADERS.partition(b"RateLimit")[0]
    + b"X-Request-Id: mine\r\nContent-Length: 58\r\nDate: -\r\nConnection: close\r\n\r\n"
    b'{"error":"Method not allowed","code":"method_not_allowed"}'
)
CUT = response_bytes(
    b"503 Service Unavailable",
    b"Retry-After: 1\r\n" + JSON,
    b"Content-Length: 89\r\nDate: -\r\n",
    b'{"error":"The service is temporarily unavailable, please try again","code":"unavailable"}',
)
DATED = b"Content-Length: %d\r\nDate: -\r\n"
ANSWERS: list[tuple[list[bytes | None], bytes]] = [
    ([PLAIN], response_bytes(b"200 OK", JSON, DATED % 2, b"{}")),
    (
        [b"HTTP/1.1 201 Made\r\n" + JSON + b"ETag: 7\r\nServer: x\r\nContent-Length: 0\r\n\r\n"],
        response_bytes(b"201 Created", JSON + b"Etag: 7\r\n", DATED % 0),
    ),
    (
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"],
        response_bytes(
            b"200 OK",
            b"",
            b"Content-Length: 1\r\nContent-Type: application/octet-stream\r\nDate: -\r\n",
            b"x",
        ),
    ),
    (
        [
            b"HTTP/1.1 200 OK\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
            b"1\r\n}\r\n0\r\n\r\n",
        ],
        response_bytes(b"200 OK", JSON, DATED % 2, b"{}"),
    ),
    (
        [b"HTTP/1.0 200 OK\r\n" + JSON + b"\r\n{}", None],
        response_bytes(b"200 OK", JSON, DATED % 2, b"{}"),
    ),
    (
        [b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + PLAIN],
        response_bytes(b"200 OK", JSON, DATED % 2, b"{}"),
    ),
    ([b"HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n"], response_bytes(b"299 ", b"", DATED % 0)),
    (
        [b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"],
        response_bytes(b"302 Found", b"Location: /x\r\n", DATED % 0),
    ),
    ([b"HTTP/1.1 204 No Content\r\n\r\n"], response_bytes(b"204 No Content", b"", b"Date: -\r\n")),
    (
        [b"HTTP/1.1 304 Not Modified\r\nETag: 7\r\nContent-Length: 9\r\n\r\n"],
        response_bytes(b"304 Not Modified", b"Etag: 7\r\n", b"Date: -\r\n"),
    ),
    ([PLAIN[:-1], None], CUT),
]


async def test_each_response_of_a_service_has_one_serialization(
    wire: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a length, chunked, until the end, without a body, after an interim one, incomplete."""
    script, exchange = wire
    monkeypatch.setattr(errors, "RETRY_AFTER_SECONDS", (1, 1))
    for script.answer, expected in ANSWERS:
        assert await exchange(request_bytes(key), last(key)) == expected + LAST


async def test_the_response_depends_on_method_version_and_connection(wire: Any, key: str) -> None:
    """HEAD has only the length; HTTP/1.0 gets HTTP/1.0, with a header if it stays open."""
    script, exchange = wire
    script.answer = [PLAIN]
    plain = response_bytes(b"200 OK", JSON, DATED % 2, b"{}")
    older = plain.replace(b"HTTP/1.1", b"HTTP/1.0")
    staying = older.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")
    closing = plain.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    keeping = request_bytes(key, version="1.0", more="Connection: keep-alive\r\n")
    assert await exchange(request_bytes(key, "HEAD"), last(key)) == plain[:-2] + LAST
    assert await exchange(request_bytes(key, version="1.0")) == older
    assert await exchange(keeping, request_bytes(key, version="1.0")) == staying + older
    assert await exchange(request_bytes(key, more="Connection: close\r\n")) == closing


async def test_pipelined_requests_are_answered_in_order(wire: Any, key: str) -> None:
    """Each after the previous response."""
    script, exchange = wire
    script.answer = [PLAIN]
    plain = response_bytes(b"200 OK", JSON, DATED % 2, b"{}")
    assert await exchange(request_bytes(key) * 40 + last(key)) == plain * 40 + LAST


@pytest.mark.parametrize(
    "fields",
    [
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    ],
)
async def test_an_upgrade_is_declined_and_ends_the_connection(
    wire: Any, key: str, fields: str
) -> None:
    """By a normal response or an error; following bytes are not a request."""
    script, exchange = wire
    script.answer = [PLAIN]
    plain = response_bytes(b"200 OK", JSON, DATED % 2, b"{}")
    closing = plain.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    upgrading, post = (
        request_bytes(key, more=fields),
        request_bytes(key, "POST", more=fields, body=b"{}"),
    )
    assert await exchange(upgrading + request_bytes(key, "HEAD") + last(key)) == closing
    assert await exchange(request_bytes(key) + upgrading + last(key)) == plain + closing
    assert await exchange(post + last(key)) == closing
    assert await exchange(post[:-1], post[-1:], last(key)) == closing
    assert script.requests[-1].endswith(b"\r\n\r\n{}")
    refused = await exchange(request_bytes(key, "PURGE", more=fields) + last(key))
    assert refused == LAST
    for method in ("GET", "POST"):
        refused = await exchange(request_bytes("lt_live_nobody", method, more=fields) + last(key))
        assert refused.startswith(b"HTTP/1.1 401 ")
        assert b"\r\nConnection: close\r\n" in refused
        assert refused.count(b"HTTP/1.1 ") == 1


async def test_a_half_closed_client_gets_its_responses(wire: Any, key: str) -> None:
    """RFC 9112 9.6: every complete request; the last response announces that it closes."""
    script, exchange = wire
    script.answer = [PLAIN]
    plain = response_bytes(b"200 OK", JSON, DATED % 2, b"{}")
    closing = plain.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    post = request_bytes(key, "POST", body=b"{}")
    assert await exchange(post, then_end=True) == closing
    assert await exchange(request_bytes(key) * 3 + post, then_end=True) == plain * 3 + closing
    older = plain.replace(b"HTTP/1.1", b"HTTP/1.0")
    assert await exchange(request_bytes(key, version="1.0"), then_end=True) == older
    assert await exchange(post + post[:-1], then_end=True) == closing
    assert await exchange(post[:-1], then_end=True) == b""
    assert len(script.requests) == 1 + 4 + 1 + 1


async def test_100_continue_is_sent_before_the_response(wire: Any, key: str) -> None:
    """`Expect: 100-continue`, with the body sent without waiting."""
    script, exchange = wire
    script.answer = [PLAIN]
    request = request_bytes(key, "POST", more="Expect: 100-continue\r\n", body=b"{}")
    plain = response_bytes(b"200 OK", JSON, DATED % 2, b"{}")
    assert await exchange(request, last(key)) == b"HTTP/1.1 100 Continue\r\n\r\n" + plain + LAST
    assert script.requests[-1].endswith(b"\r\n\r\n{}")


async def test_a_large_response_and_the_next_one_are_complete(wire: Any, key: str) -> None:
    """Also when it exceeds the connection's buffers."""
    script, exchange = wire
    body = b"x" * 4_000_000
    script.answer = [b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 4000000\r\n\r\n" + body]
    answer = await exchange(request_bytes(key), last(key))
    assert answer == response_bytes(b"200 OK", JSON, DATED % len(body), body) + LAST
