"""Responses are bounded in time and memory, and stored as the bytes received."""

import asyncio
import gzip
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    pouring,
    saying_once,
    with_body,
)
from services.webhooks.tests.clients.posting import post

from linktime_common.http.answers import retry_after_seconds
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers

MEBIBYTE = 2**20


def test_the_limits_are_the_documented_ones() -> None:
    """Tests below shorten the time limit."""
    assert (subscriber.TOTAL_SECONDS, subscriber.CONNECT_SECONDS) == (15, 5)


@pytest.mark.parametrize(
    ("start", "piece", "every"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.25),
        (b"HTTP/1.1 200 OK\r\nX-A : 1\r\nX: ", b"x", 0.25),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 ", b"x", 0.25),
        (b"", b"", 0.25),
    ],
    ids=["header-drip", "odd-header-drip", "interim-drip", "silence"],
)
async def test_a_slow_response_ends_at_the_time_limit(
    subscribers: Subscribers, hasty: None, start: bytes, piece: bytes, every: float
) -> None:
    """The limit is for the whole exchange, however much the receiver sends."""
    async with listening(pouring(start, piece, every=every)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, outcome.timed_out, outcome.delivered) == ("timeout", True, False)
    assert 1000 <= outcome.total_ms < 5000


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 400),
        (b"", b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n" * 400),
        (b"", b"HTTP/1.1 103 X\r\nLink : <x>\r\n\r\n" * 400),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: value\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000),
        (b"HTTP/1.1 200 OK\r\nX-A : 1\r\nX: ", b"x" * 10_000),
        (b"HTTP/1.1 200 ", b"x" * 10_000),
        (b"", b"\0" * 10_000),
        (b"", b"\r\n" * 5_000),
    ],
    ids=["100", "103", "odd-103", "headers", "header", "odd", "reason", "noise", "blank"],
)
async def test_an_endless_head_ends_the_connection(
    subscribers: Subscribers, start: bytes, piece: bytes
) -> None:
    """At most 64 KiB are read, interim responses included; an endless head is no response."""
    async with listening(pouring(start, piece)) as receiver:
        tracemalloc.start()
        outcome = await post(subscribers, receiver.url)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (outcome.reason, outcome.status) == ("unreadable_answer", None)
    assert most < 16 * MEBIBYTE


async def test_a_body_of_a_gigabyte_is_read_in_part(subscribers: Subscribers) -> None:
    """64 KiB are read and 16 KiB stored; then the connection is closed. The status counts."""
    sent = 0

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await receiver.read(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
            while sent < 2**30 and not writer.is_closing():
                writer.write(b"x" * 65_536)
                sent += 65_536
                await writer.drain()

        return handle

    async with listening(talk) as receiver:
        tracemalloc.start()
        outcome = await post(subscribers, receiver.url)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (await post(subscribers, receiver.url)).delivered
        assert receiver.accepted == 2
    assert (outcome.delivered, outcome.response_truncated) == (True, True)
    assert outcome.response_body == b"x" * 16_384
    assert sent < 64 * MEBIBYTE
    assert most < 16 * MEBIBYTE


async def test_a_compressed_response_is_not_unpacked(subscribers: Subscribers) -> None:
    """No compression was requested; a bomb is stored as the few bytes received."""
    packed = gzip.compress(b"\0" * 64 * MEBIBYTE)
    bomb = with_body(packed, b"Content-Encoding: gzip")
    async with listening(answering(bomb)) as receiver:
        tracemalloc.start()
        outcome = await post(subscribers, receiver.url)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert b"accept-encoding: identity\r\n" in receiver.requests[0].lower()
    assert outcome.delivered
    assert outcome.response_body == packed[:16_384]
    assert most < 16 * MEBIBYTE


@pytest.mark.parametrize(
    "body", [b"a\x00b", b"\xff\xfe\x00", "é".encode("latin-1"), b"\x00" * 20_000]
)
async def test_bytes_that_are_no_text_are_stored_unchanged(
    subscribers: Subscribers, body: bytes
) -> None:
    """NUL and invalid UTF-8 in a response are accepted."""
    async with listening(answering(with_body(body, b"X-Odd: \xff\xfe"))) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert outcome.delivered
    assert outcome.response_body == body[:16_384]
    assert b"X-Odd: \xff\xfe" in outcome.response_headers


async def test_long_headers_are_kept_in_part(subscribers: Subscribers) -> None:
    """At most 8 KiB of them."""
    headers = [b"X-%d: " % number + b"v" * 1_000 for number in range(12)]
    async with listening(answering(with_body(b"", *headers))) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert outcome.delivered
    assert len(outcome.response_headers) == 8_192
    assert outcome.response_headers.startswith(b"Content-Length: 0\r\nX-0: vvv")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_delivery(subscribers: Subscribers, status: int) -> None:
    """Whatever else the response contains."""
    async with listening(answering(with_body(b"", status=b"%d X" % status))) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.delivered, outcome.reason, outcome.status) == (True, "ok", status)


@pytest.mark.parametrize("status", [300, 400, 401, 404, 410, 429, 500, 502, 503, 504, 599])
async def test_anything_else_is_a_failure_with_its_status(
    subscribers: Subscribers, status: int
) -> None:
    """Each with its reason."""
    async with listening(answering(with_body(b"no", status=b"%d X" % status))) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.delivered, outcome.reason) == (False, f"http_{status}")
    assert outcome.status == status
    assert outcome.charged


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(
    subscribers: Subscribers, status: int
) -> None:
    """Following it would bypass the guard, and turn a POST into a GET that looks delivered."""
    async with listening(answering(NO_CONTENT)) as elsewhere:
        location = b"Location: " + elsewhere.url.encode()
        redirect = with_body(b"", location, status=b"%d X" % status)
        async with listening(answering(redirect)) as receiver:
            outcome = await post(subscribers, receiver.url)
        assert elsewhere.accepted == 0
    assert (outcome.reason, len(receiver.requests)) == (f"http_{status}", 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "disconnected"),
        (b"HTTP/1.1", "disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "disconnected"),
        (b"HTTP/1.1 200 OK\r\nX-A : 0\r\n", "disconnected"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "disconnected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "unreadable_answer"),
        (b"<html>no</html>", "unreadable_answer"),
        (b"\r\n\r\nno", "unreadable_answer"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "unreadable_answer"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "unreadable_answer"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "unreadable_answer"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "unreadable_answer"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "http_101"),
    ],
)
async def test_an_invalid_response_is_a_failure(
    subscribers: Subscribers, answer: bytes, reason: str
) -> None:
    """A connection that ends early, or another protocol."""
    async with listening(saying_once(answer)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.delivered, outcome.reason) == (False, reason)


async def test_retry_after_is_part_of_the_outcome(subscribers: Subscribers) -> None:
    """Of any response but a success."""
    answer = with_body(b"", b"Retry-After: 120", status=b"503 Busy")
    async with listening(answering(answer)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, outcome.retry_after) == ("http_503", 120)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("0000000000000120", 120),
        ("86400", 86_400),
        ("99999999999999999999", 86_400),
        ("9" * 100, 86_400),
        ("9" * 101, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("１２", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read(value: str | None, seconds: float | None) -> None:
    """Seconds or a date, at most a day; anything else is ignored."""
    assert retry_after_seconds(value) == seconds


def test_a_future_date_is_seconds_from_now() -> None:
    """By this machine's clock."""
    moment = datetime.fromtimestamp(time.time(), UTC) + timedelta(minutes=10)
    seconds = retry_after_seconds(format_datetime(moment, usegmt=True))
    assert seconds == pytest.approx(600, abs=30)
