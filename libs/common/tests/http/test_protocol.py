"""Responses and logs of every service's ports for malformed HTTP."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import web

from linktime_common.http import protocol
from linktime_common.http.routes import OPEN, Route
from linktime_local.testing.services import Running, serving

SECRET = b"lt_live_PLANTED"
LARGE = 32 * 1024 * 1024  # more than the kernel buffers for one connection


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=bytes(LARGE))


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Running]:
    routes = Route("GET", "/large", large, OPEN), Route("POST", "/echo", echo, OPEN)
    async with serving(*routes) as made:
        yield made


async def ask(url: str, request: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines of the response's head, and its body, read until EOF."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\nHost: a\nAuthorization: %b\n\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n", b"400"),
        (b"GET /%b HTTP/0.9\r\nHost: a\r\n\r\n", b"505"),
    ],
)
async def test_both_ports_refuse_without_quoting(
    service: Running, caplog: Any, request_bytes: bytes, status: bytes
) -> None:
    """In the error format, with `Connection: close`; no log line contains the request."""
    for url in (service.url, service.internal_url):
        head, body = await ask(url, request_bytes % SECRET)
        assert head[0].split()[1] == status
        assert b"Connection: close" in head
        assert set(orjson.loads(body)) == {"error", "code"}
        assert SECRET not in body
    assert SECRET.decode() not in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        b"GET /nothing RTSP/1.0",
        b"GET /nothing RTSP/1.1",
        b"GET /nothing  RTSP/1.0",
        b"DESCRIBE /a RTSP/1.0",
        b"SOURCE / ICE/1.0",
    ],
)
async def test_other_protocols_are_refused(service: Running, line: bytes) -> None:
    """In one packet, in packets of a byte, after a blank line, after a body and behind requests."""
    request = line + b"\r\nHost: a\r\nX-Line: GET / HTTP/1.1\r\n\r\n"
    before = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{\r\n}"
    get = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    for received, answers in ((request, 1), (b"\r\n" + request, 1), (before + get + request, 3)):
        for size in (len(received), 1):
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
            for at in range(0, len(received), size):
                writer.write(received[at : at + size])
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                answer = await reader.read()
            writer.close()
            heads = answer.rpartition(b"\r\n\r\n")[0]
            last = heads[heads.rindex(b"HTTP/1.") :]
            assert answer.count(b"\r\nX-Request-Id: ") == answers
            assert last.split()[1] == b"505"
            assert b"\r\nConnection: close" in last


async def test_a_request_may_mention_another_protocol(service: Running) -> None:
    """In its URL and in its headers."""
    request = b"GET /nothing?x=RTSP/1.0 HTTP/1.1\r\nHost: a\r\nVia: / RTSP/1.0\r\nConnection: close"
    head, _body = await ask(service.url, b"\r\n" + request + b"\r\n\r\n")
    assert head[0] == b"HTTP/1.1 404 Not Found"
    headers = b"Host: a\r\nConnection: close\r\nReferer: http://a/nothing RTSP/1.0"
    request = b"GET /nothing HTTP/1.1\r\n" + headers
    head, _body = await ask(service.url, b"\r\n" + request + b"\r\n\r\n")
    assert head[0] == b"HTTP/1.1 404 Not Found"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Content-Length: 18446744073709551615", b"413"),
        (b"Content-Length: 0018446744073709551615", b"413"),
        (b"Content-Length: 18446744073709551616", b"400"),
        (b"Content-Length: 36893488147419103231", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Transfer-Encoding:", b"400"),
        (b"Transfer-Encoding: \t", b"400"),
        (b"Transfer-Encoding: chunked\t", b"400"),
        (b"Transfer-Encoding: gzip, chunked", b"501"),
        (b"Transfer-Encoding: chunked, chunked", b"400"),
        (b"Transfer-Encoding: identity, chunked", b"501"),
        (b"Transfer-Encoding: gzip", b"400"),
        (b"Transfer-Encoding: deflate", b"400"),
        (b"Transfer-Encoding: br", b"400"),
        (b"Transfer-Encoding: identity", b"400"),
        (b"Transfer-Encoding: chunked, gzip", b"400"),
        (b"Transfer-Encoding: chunked, identity", b"400"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", b"400"),
    ],
)
async def test_a_length_that_cannot_be_relied_on_is_refused(
    service: Running, fields: bytes, status: bytes
) -> None:
    """Before the handler runs, and the connection closes: what follows may be the body."""
    request = b"POST /echo HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n0\r\n\r\n" % fields
    head, body = await ask(service.url, request)
    assert head[0].split()[1] == status
    assert b"Connection: close" in head
    assert set(orjson.loads(body)) == {"error", "code"}


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"/nothing", b"a", b"404"),
        (b"/nothing", b"my_host.example.:8080", b"404"),
        (b"/nothing", b"192.0.2.1:", b"404"),
        (b"/nothing", b"[2001:db8::1]:443", b"404"),
        (b"/nothing", b"xn--bcher-kva.example", b"404"),
        (b"/nothing", b"b%C3%BCcher.example", b"404"),
        (b"http://a_b.example:80/nothing", b"a", b"404"),
        (b"HTTPS://[::1]/nothing", b"a", b"404"),
        (b"/nothing?x=http://a@b/", b"a", b"404"),
        (b"/nothing", b"", b"400"),
        (b"/nothing", b"user@host", b"400"),
        (b"/nothing", b"a b", b"400"),
        (b"/nothing", b"a, b", b"400"),
        (b"/nothing", b"a/b", b"400"),
        (b"/nothing", b"a:b", b"400"),
        (b"/nothing", b"a:808080", b"400"),
        (b"/nothing", b":80", b"400"),
        (b"/nothing", b"::1", b"400"),
        (b"/nothing", b"[::1", b"400"),
        (b"/nothing", b"[::1]a", b"400"),
        (b"/nothing", b"b\xc3\xbccher.example", b"400"),
        (b"http://user@host/nothing", b"a", b"400"),
        (b"http://a/nothing", b"user@host", b"400"),
        (b"http:///nothing", b"a", b"400"),
    ],
)
async def test_an_invalid_host_is_refused(
    service: Running, target: bytes, host: bytes, status: bytes
) -> None:
    """RFC 9112 3.2. A valid name is accepted, also one that is not ours and in absolute form."""
    request = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (target, host)
    for url in (service.url, service.internal_url):
        head, body = await ask(url, request)
        assert head[0].split()[1] == status
        assert set(orjson.loads(body)) == {"error", "code"}


async def test_chunks_are_read_in_http_1_1_only(service: Running) -> None:
    """RFC 9112 6.1: invalid in HTTP/1.0."""
    request = b"POST /echo HTTP/%b\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: Chunked"
    chunks = b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    head, body = await ask(service.url, request % b"1.1" + chunks)
    assert (head[0], body) == (b"HTTP/1.1 200 OK", b"{}")
    head, body = await ask(service.url, request % b"1.0" + chunks)
    assert head[0].split()[1] == b"400"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\n\r\n" % protocol
        for protocol in (b"h2c", b"websocket", b"TLS/1.0", b"anything")
    ]
    + [b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"],
)
async def test_the_connection_ends_with_a_request_to_change_the_protocol(
    service: Running, head: bytes
) -> None:
    """The upgrade is ignored; the body of a request after it is not parsed as a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
    try:
        writer.write(head + b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n")
        async with asyncio.timeout(5):
            answer = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                answer += await reader.read()
    finally:
        writer.close()
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
async def test_the_body_of_a_declined_upgrade_is_read(service: Running, protocol: bytes) -> None:
    """In one packet or in two; the bytes after it are not parsed as a request."""
    head = (
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: %b\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\n" % protocol
    )
    follows = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    for parts in ([head + b"{}" + follows], [head + b"{", b"}", follows]):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            async with asyncio.timeout(5):
                answer = await reader.read()
        finally:
            writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\n{}")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such timeout")
async def test_a_client_that_does_not_read_is_disconnected(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it keeps sending."""
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", 1.0)
    with _client(service.url) as deaf:
        deaf.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionError):
                while True:
                    deaf.send(b"\r\n")
                    await asyncio.sleep(0.05)


def _client(url: str) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", urlsplit(url).port))
    client.setblocking(False)
    return client
