"""The guarded client reads an answer within its limits of bytes and seconds."""

import asyncio
import gzip

import pytest
from libs.common.tests.egress.receivers import (
    answering,
    listening,
    pouring,
    saying_once,
    with_body,
)

from linktime_common.egress.client import GuardedClient, RequestLimits
from linktime_common.egress.errors import AnswerTooLarge, AnswerUnreadable, RequestTimedOut

MEGABYTE = 1024 * 1024
UNSIZED = b"HTTP/1.1 200 OK\r\n\r\n"
ZIPPED = b"Content-Encoding: gzip"
NEVER_ENDING = 60.0  # seconds: longer than the test waits


async def test_a_compressed_body_is_decompressed(client: GuardedClient) -> None:
    """In whatever pieces it arrives."""
    body = b"BEGIN:VCALENDAR\r\n" * 10_000
    async with listening(answering(with_body(gzip.compress(body), ZIPPED))) as server:
        assert (await client.request("GET", server.url)).body == body


@pytest.mark.parametrize(
    "answer",
    [
        with_body(gzip.compress(b"x" * 1000)[:-9], ZIPPED),
        with_body(gzip.compress(b"x") + b"more", ZIPPED),
        with_body(b"not gzip", ZIPPED),
        with_body(b"x", b"Content-Encoding: br"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
    ids=["cut", "trailing", "plain", "brotli", "ssh", "negative", "two_lengths", "long_head"],
)
async def test_an_answer_that_cannot_be_read(client: GuardedClient, answer: bytes) -> None:
    """It is no HTTP, or its body is not what its head says."""
    async with listening(saying_once(answer)) as server:
        with pytest.raises(AnswerUnreadable):
            await client.request("GET", server.url)


async def test_a_declared_length_above_the_limit_is_refused_at_once(client: GuardedClient) -> None:
    """Without waiting for the 50 MB, of which none arrive here."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MEGABYTE)
    async with listening(pouring(head, b"", every=NEVER_ENDING)) as server, asyncio.timeout(20):
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url)


async def test_a_body_without_a_length_is_read_up_to_the_limit(client: GuardedClient) -> None:
    """The server would send without an end."""
    async with listening(pouring(UNSIZED, b"x" * 65_536)) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url, limits=RequestLimits(body_bytes=MEGABYTE))


async def test_the_limit_itself_is_allowed(client: GuardedClient) -> None:
    """One byte more is not, compressed or not."""
    exact, longer = b"x" * 1000, b"x" * 1001
    answers = [
        with_body(exact),
        with_body(gzip.compress(exact), ZIPPED),
        with_body(longer),
        with_body(gzip.compress(longer), ZIPPED),
    ]
    limits = RequestLimits(body_bytes=1000)
    async with listening(answering(*answers)) as server:
        for _ in range(2):
            assert (await client.request("GET", server.url, limits=limits)).body == exact
        for _ in range(2):
            with pytest.raises(AnswerTooLarge):
                await client.request("GET", server.url, limits=limits)


async def test_a_decompression_bomb_is_refused(client: GuardedClient) -> None:
    """50 MB in 50 kB."""
    bomb = gzip.compress(bytes(50 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    async with listening(answering(with_body(bomb, ZIPPED))) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url)


async def test_a_stream_that_decompresses_to_nothing_is_refused(client: GuardedClient) -> None:
    """Empty blocks without an end: what is compressed counts, too."""
    begin = b"HTTP/1.1 200 OK\r\n" + ZIPPED + b"\r\n\r\n" + gzip.compress(b"")[:10]
    async with listening(pouring(begin, b"\x00\x00\x00\xff\xff" * 10_000)) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url, limits=RequestLimits(body_bytes=MEGABYTE))


async def test_a_body_that_drips_ends_at_the_total_timeout(client: GuardedClient) -> None:
    """Although no wait for a byte is long."""
    limits = RequestLimits(total_seconds=1.0, idle_seconds=NEVER_ENDING)
    async with listening(pouring(UNSIZED, b"x", every=0.05)) as server, asyncio.timeout(20):
        with pytest.raises(RequestTimedOut):
            await client.request("GET", server.url, limits=limits)


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", UNSIZED])
async def test_silence_ends_at_the_idle_timeout(client: GuardedClient, begin: bytes) -> None:
    """Before, within and after the head."""
    limits = RequestLimits(total_seconds=NEVER_ENDING, idle_seconds=0.3)
    async with listening(pouring(begin, b"", every=NEVER_ENDING)) as server, asyncio.timeout(20):
        with pytest.raises(RequestTimedOut):
            await client.request("GET", server.url, limits=limits)
