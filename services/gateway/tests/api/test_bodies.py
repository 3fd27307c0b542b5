"""Request bodies: size limit, timeout and encoding."""

import asyncio
import gzip
import io
import time
from typing import Any

import pytest

from linktime_common.http import lingering
from linktime_gateway.api import request_bodies

MIB = 1024 * 1024
TOO_LARGE = {"error": "The body is larger than 1 MiB", "code": "body_too_large"}


async def test_a_body_of_exactly_one_mib_is_forwarded(call: Any, world: Any) -> None:
    """The limit is inclusive, with a declared length or chunked."""
    body = b"x" * MIB
    for data in (body, _in_pieces(body)):
        answer = await call("POST", "/api/bookings", data=data)
        assert answer.status == 200
        assert world["bookings"].last.body == body


async def test_one_byte_more_is_413(call: Any, world: Any) -> None:
    """With a declared length or chunked; the service receives nothing."""
    body = b"x" * (MIB + 1)
    for data in (io.BytesIO(body), _in_pieces(body)):
        answer = await call("POST", "/api/bookings", data=data)
        assert (answer.status, answer.json) == (413, TOO_LARGE)
    assert world["bookings"].seen == []


async def test_a_body_declared_too_large_is_refused_before_it_is_sent(raw: Any) -> None:
    """The response is sent while the client waits for 100 Continue."""
    answer = await raw(
        b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        b"Content-Length: 99999999999\r\n\r\n"
    )
    assert (answer.status, answer.json) == (413, TOO_LARGE)


async def test_without_a_key_the_body_is_not_read(raw: Any) -> None:
    """The 401 is sent immediately."""
    answer = await raw(b"POST /api/v1/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
    assert answer.status == 401


async def test_a_client_that_expects_100_continue_gets_it(gateway: Any, world: Any) -> None:
    """curl expects it for larger bodies, and otherwise waits for a second."""
    port = int(gateway.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            b"Content-Length: 2\r\n\r\n"
        )
        async with asyncio.timeout(2):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"{}")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()
    assert world["bookings"].last.body == b"{}"


async def test_a_body_that_becomes_malformed_is_400_at_once(gateway: Any, world: Any) -> None:
    """In a later packet, while the gateway reads the body; the service receives nothing."""
    port = int(gateway.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        async with asyncio.timeout(60):
            await reader.readuntil(b"100 Continue\r\n\r\n")
            writer.write(b"2\r\n{}\r\nno size\r\n")
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nConnection: close" in head
    assert body == b'{"error":"The body is malformed","code":"malformed_body"}'
    assert world["bookings"].seen == []


async def test_a_second_line_of_content_encoding_counts(raw: Any, world: Any) -> None:
    """One that is not `identity` is refused in any line."""
    for codings in ((b"identity", b"gzip"), (b"gzip", b"identity")):
        answer = await raw(
            b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Encoding: %b\r\n"
            b"Content-Encoding: %b\r\nContent-Length: 2\r\n\r\n{}" % codings
        )
        assert answer.status == 415
    assert world["bookings"].seen == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "nonsense"])
async def test_a_compressed_body_is_415(raw: Any, world: Any, coding: str) -> None:
    """Nothing is decompressed; the response has Accept-Encoding."""
    packed = gzip.compress(b"x" * 100 * MIB)
    answer = await raw(
        b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Encoding: %b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (coding.encode(), len(packed), packed)
    )
    assert answer.status == 415
    assert answer.json == {
        "error": "Send the body without Content-Encoding",
        "code": "unsupported_media_type",
    }
    assert answer.headers["Accept-Encoding"] == "identity"
    assert world["bookings"].seen == []


async def test_identity_encoding_is_accepted(call: Any, world: Any) -> None:
    """`identity` means no encoding."""
    answer = await call(
        "POST", "/api/bookings", data=b"{}", headers={"Content-Encoding": "Identity"}
    )
    assert answer.status == 200
    assert world["bookings"].last.body == b"{}"


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n", 400),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"no colon\r\n\r\n", 400),
        (b"Content-Length: 9999999\r\n\r\n", 413),
        (b"Content-Length: 9223372036854775808\r\n\r\n", 413),
        (b"Content-Length: 18446744073709551614\r\n\r\n", 413),
        (b"Content-Length: 18446744073709551615\r\n\r\n", 413),
        (b"Content-Length: 18446744073709551616\r\n\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ],
)
async def test_a_connection_with_an_unread_body_is_closed(
    raw: Any, world: Any, rest: bytes, status: int
) -> None:
    """In the error format, with Connection: close; the service receives nothing."""
    answer = await raw(b"POST /api/bookings HTTP/1.1\r\nHost: a\r\n" + rest)
    assert answer.status == status
    assert set(answer.json) == {"error", "code"}
    assert answer.headers["Connection"] == "close"
    assert world["bookings"].seen == []


@pytest.mark.parametrize("version", [b"", b" HTTP/0.9", b" HTTP/2.0"])
async def test_another_version_of_http_is_refused(raw: Any, world: Any, version: bytes) -> None:
    """The response uses a version that the client may understand, and the connection is closed."""
    answer = await raw(b"GET /api/public/ada%b\r\nHost: a\r\n\r\n" % version)
    assert answer.status == 505
    assert answer.json == {
        "error": "Send the request as HTTP/1.1 or HTTP/1.0",
        "code": "version_unsupported",
    }
    assert answer.headers["Connection"] == "close"
    assert "X-Content-Type-Options" in answer.headers
    assert world["availability"].seen == []


async def test_a_slow_body_is_408_and_does_not_reach_the_service(
    raw: Any, call: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is called only after the whole body is read."""
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 0.3)
    began = time.monotonic()
    slow = asyncio.create_task(
        raw(b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
    )
    others = await asyncio.gather(*(call("POST", "/api/bookings", json={}) for _ in range(20)))
    assert {other.status for other in others} == {200}
    assert len(world["bookings"].seen) == 20
    answer = await slow
    assert (answer.status, answer.json) == (
        408,
        {"error": "The body did not arrive in time", "code": "request_timeout"},
    )
    assert 0.3 <= time.monotonic() - began < 2
    assert len(world["bookings"].seen) == 20


async def test_the_connection_ends_with_the_408(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the client, which is silent and does not close its side."""
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 0.1)
    monkeypatch.setattr(lingering, "QUIET_SECONDS", 60.0)
    monkeypatch.setattr(lingering, "MOST_SECONDS", 60.0)
    port = int(gateway.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    finally:
        writer.close()


async def test_the_time_to_read_the_body_does_not_shorten_the_services_timeout(
    gateway: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow body leaves the service its full timeout."""
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 5)
    port = int(gateway.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        for byte in b"{   }":
            await asyncio.sleep(0.05)
            writer.write(bytes([byte]))
        async with asyncio.timeout(2):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()
    assert world["bookings"].last.body == b"{   }"


async def test_a_get_may_have_a_body(call: Any, world: Any, key: str) -> None:
    """It is forwarded and does not affect the next request on the connection."""
    for _ in range(2):
        assert (await call("GET", "/api/v1/bookings", key, data=b"x")).status == 200


async def _in_pieces(body: bytes) -> Any:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]
