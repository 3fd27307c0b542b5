"""`linktime webhook listen --forward-to`: forwarded requests and returned responses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from linktime_operator.operations import forwarding as module
from linktime_operator.operations.forwarding import PassedAnswer, Request, check_target, forwarding

REQUEST = Request({"webhook-id": "msg_1", "host": "here", "connection": "close"}, b'{"a": 1}')


@asynccontextmanager
async def server(answer: bytes | None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Respond to each request with these bytes and close, or never; yields URL and requests."""
    came = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(8))
        if answer is None:
            await reader.read()  # until the client closes
        else:
            writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", came


async def answer_to(answer: bytes | None) -> PassedAnswer:
    async with server(answer) as (url, _came):
        return await forwarding(f"{url}/hook?a=b")(REQUEST)


async def test_a_request_is_passed_on_with_its_headers() -> None:
    """Except hop-by-hop headers."""
    async with server(b"HTTP/1.1 204 X\r\n\r\n") as (url, came):
        assert await forwarding(f"{url}/hook?a=b")(REQUEST) == PassedAnswer(204)
    (request,) = came
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.splitlines() == [
        b"POST /hook?a=b HTTP/1.1",
        b"Host: " + url.removeprefix("http://").encode(),
        b"webhook-id: msg_1",
        b"Content-Length: 8",
        b"Connection: close",
    ]
    assert body == REQUEST.body


async def test_relevant_parts_of_a_response_are_returned() -> None:
    """The status, Retry-After, and the body with its type; no other header."""
    given = await answer_to(
        b"HTTP/1.1 429 X\r\nRetry-After: 120\r\nContent-Type: application/json\r\n"
        b"Set-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"
    )
    headers = {"retry-after": "120", "content-type": "application/json"}
    assert given == PassedAnswer(429, headers, b"{}")


async def test_a_long_response_is_truncated() -> None:
    """At the limit of the delivery log; invalid headers are left out."""
    given = await answer_to(
        b"HTTP/1.1 500 X\r\nContent-Type: a\xff\r\nRetry-After: " + b"1" * 300 + b"\r\n"
        b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000
    )
    assert given == PassedAnswer(500, {}, b"x" * 16_384)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\nbad header\n\n", 200),
        (b"HTTP/1.1 503 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", 503),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", 200),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", 200),
    ],
)
async def test_an_odd_response_is_parsed_as_for_a_delivery(answer: bytes, status: int) -> None:
    """Its status counts once its head is complete."""
    assert (await answer_to(answer)).status == status


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the connection ended before the head of an answer"),
        (b"SSH-2.0-x\r\n\r\n", "what came is not HTTP/1"),
        (b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", "it switched to another protocol"),
        (None, "none came in"),
    ],
)
async def test_without_a_response_the_reason_is_shown(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | None, why: str
) -> None:
    """In the output, and in the body for the delivery log."""
    if answer is None:
        monkeypatch.setattr(module, "FORWARD_SECONDS", 0.2)
    given = await answer_to(answer)
    assert (given.status, given.body.decode()) == (502, given.failure)
    assert (given.failure or "").startswith("No answer from http://127.0.0.1:")
    assert why in (given.failure or "")


async def test_a_login_in_the_url_is_sent_and_not_shown() -> None:
    """As Basic authentication."""
    async with server(b"HTTP/1.1 204 X\r\n\r\n") as (url, came):
        await forwarding(url.replace("//", "//us:hunter2@"))(REQUEST)
    assert b"\r\nauthorization: Basic dXM6aHVudGVyMg==\r\n" in came[0]
    given = await forwarding(url.replace("//", "//us:hunter2@"))(REQUEST)
    assert "hunter2" not in (given.failure or "")


@pytest.mark.parametrize("url", ["localhost:9000", "http://", "http://x:y", "http://x:0"])
def test_a_target_that_is_none_is_refused(url: str) -> None:
    """Before the receiver starts."""
    with pytest.raises(ValueError, match="--forward-to must be a URL"):
        check_target(url)
