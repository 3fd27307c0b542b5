"""Malformed responses: the status counts, the body is stored as far as received."""

import asyncio

import pytest
from libs.common.tests.egress.receivers import (
    Receiver,
    Talk,
    answering,
    listening,
    pouring,
    saying_once,
    with_body,
)
from services.webhooks.tests.clients.posting import post

from linktime_webhooks.clients.subscriber import Subscribers

ODD_HEADS = {
    "same-length-twice": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n",
    "same-length-listed": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n",
    "blank-before-colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n",
    "bare-line-feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n",
    "mixed-line-ends": b"HTTP/1.1 200 OK\r\nContent-Length: 2\n",
    "byte-in-value": b"HTTP/1.1 200 OK\r\nX: a\x00\x01\xff\r\nContent-Length: 2\r\n",
    "byte-in-name": b"HTTP/1.1 200 OK\r\nX(\xe9): a\r\nContent-Length: 2\r\n",
    "no-colon": b"HTTP/1.1 200 OK\r\nwhat is this\r\nContent-Length: 2\r\n",
    "folded": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n",
    "two-blanks": b"HTTP/1.1  200  OK\r\nContent-Length: 2\r\n",
    "lower-case": b"http/1.1 200 ok\r\ncontent-length: 2\r\n",
    "interim-first": b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length : 2\r\n",
    "odd-interim": b"HTTP/1.1 103 X\r\nLink : x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("head", ODD_HEADS.values(), ids=ODD_HEADS.keys())
async def test_a_malformed_head_has_a_status(
    subscribers: Subscribers, head: bytes, at_once: bool
) -> None:
    """The body is read if its length is known; the connection is not reused."""
    end = b"\n" if b"\r" not in head else b"\r\n"
    answer = head + b"Retry-After: 9" + 2 * end + b"ok"

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            for piece in [answer] if at_once else [bytes([byte]) for byte in answer]:
                writer.write(piece)
                await writer.drain()
            await reader.read()

        return handle

    async with listening(talk) as receiver:
        first, second = await post(subscribers, receiver.url), await post(subscribers, receiver.url)
        assert receiver.accepted == 2
    assert (first.reason, first.status, first.retry_after) == ("ok", 200, None)
    assert (first.response_body, first.response_truncated) == (b"ok", False)
    assert b"\nRetry-After: 9" in first.response_headers
    assert second.delivered


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", b""),
        (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok?", b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 5", b"ok"),
    ],
    ids=["204-with-body", "204-in-chunks", "second-answer", "noise", "begun"],
)
async def test_bytes_after_the_response_are_dropped(
    subscribers: Subscribers, answer: bytes, body: bytes
) -> None:
    """The response counts, and its connection is not reused."""
    async with listening(answering(answer)) as receiver:
        first, second = await post(subscribers, receiver.url), await post(subscribers, receiver.url)
        assert receiver.accepted == 2
    assert (first.reason, first.response_body, first.response_truncated) == ("ok", body, False)
    assert second.delivered


async def test_the_connection_of_a_204_with_a_length_is_not_reused(
    subscribers: Subscribers,
) -> None:
    """The body may follow, and would be read as the next response."""
    async with listening(
        answering(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
    ) as receiver:
        for _ in range(2):
            assert (await post(subscribers, receiver.url)).delivered
        assert receiver.accepted == 2


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"Content-Length: 100\r\n\r\nshort", b"short"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort", b"short"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nzz\r\n", b"short"),
        (b"Content-Length: -1\r\n\r\nshort", b""),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nshort+", b""),
        (b"Content-Length : 100\r\n\r\nshort", b"short"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nshort", b""),
    ],
    ids=["cut", "chunks-cut", "no-chunk", "negative", "two-lengths", "odd-cut", "two-framings"],
)
async def test_a_body_cut_short_changes_no_status(
    subscribers: Subscribers, answer: bytes, body: bytes
) -> None:
    """Whatever is wrong with it: the receiver has accepted the event."""
    async with listening(saying_once(b"HTTP/1.1 200 OK\r\n" + answer)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, outcome.status) == ("ok", 200)
    assert (outcome.response_body, outcome.response_truncated) == (body, True)


async def test_a_body_may_end_with_the_connection(subscribers: Subscribers) -> None:
    """As in HTTP/1.0, or without a length."""
    async with listening(saying_once(b"HTTP/1.0 200 OK\r\n\r\nall")) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.response_body, outcome.response_truncated) == (b"all", False)


async def test_a_header_of_nine_kilobytes_is_an_ordinary_one(subscribers: Subscribers) -> None:
    """Long headers are common; the connection is kept."""
    async with listening(answering(with_body(b"", b"X-Long: " + b"v" * 9_000))) as receiver:
        for _ in range(2):
            assert (await post(subscribers, receiver.url)).delivered
        assert receiver.accepted == 1


@pytest.mark.parametrize(
    ("framing", "piece"),
    [
        (b"Content-Length: 1000000\r\n", b"x"),
        (b"Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n"),
        (b"", b"x"),
        (b"Content-Length : 1000000\r\n", b"x"),
    ],
    ids=["length", "chunks", "until-the-end", "odd"],
)
@pytest.mark.parametrize("status", [202, 503])
async def test_a_body_that_does_not_end_in_time_changes_no_status(
    subscribers: Subscribers, hasty: None, framing: bytes, piece: bytes, status: int
) -> None:
    """The part received is stored."""
    start = b"HTTP/1.1 %d X\r\nRetry-After: 7\r\n%s\r\n" % (status, framing)
    async with listening(pouring(start, piece, every=0.1)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert outcome.reason == ("ok" if status == 202 else "http_503")
    assert (outcome.status, outcome.retry_after) == (status, None if status == 202 else 7)
    assert outcome.response_truncated
    assert set(outcome.response_body) == set(b"x")
