"""Parsing of a response does not depend on packet boundaries, and takes linear time."""

import asyncio
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from linktime_common.http.loose_heads import AnswerTooLong, UnreadableAnswer
from linktime_common.http.reading import Reading

KIBIBYTE = 1024
PIECES = [1, 7, 1_448, 40_000, 65_536, 262_144]
ODD = b"X-A : 1\r\n"  # rejected by strict parsers
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
ODD_INTERIM = b"HTTP/1.1 103\n\n"


class Result(NamedTuple):
    status: int | None
    headers: bytes
    body: bytes
    is_truncated: bool
    may_keep: bool


async def read(stream: bytes, piece: int) -> Result | type[BaseException]:
    """Return the result of parsing `stream` in pieces of that size."""
    reading = Reading(asyncio.get_running_loop(), is_reused=False)
    for start in range(0, len(stream), piece):
        reading.feed(stream[start : start + piece])
    reading.lose(None)
    if error := reading.ended.exception():
        assert reading.answer is None
        return type(error)
    answer = reading.answer
    assert answer is not None
    return Result(answer.status, answer.headers, answer.body, answer.is_truncated, reading.may_keep)


def head(size: int, *fields: bytes, start: bytes = b"") -> bytes:
    """Return a head of that many bytes, starting with `start`."""
    begin = b"".join([start, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", *fields, b"X: "])
    return begin + b"a" * (size - len(begin) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("fields", [b"", ODD], ids=["strict", "loose"])
@pytest.mark.parametrize("start", [b"", INTERIM], ids=["at-once", "interim-first"])
async def test_a_head_of_64_kib_is_read_and_none_that_is_longer(
    piece: int, fields: bytes, start: bytes
) -> None:
    """Interim responses included."""
    limit = 64 * KIBIBYTE
    found = await read(head(limit, fields, start=start), piece)
    assert isinstance(found, Result)
    assert (found.status, found.is_truncated) == (200, False)
    for size in (limit + 1, limit + 3, 80 * KIBIBYTE, 120 * KIBIBYTE, 300 * KIBIBYTE):
        assert await read(head(size, fields, start=start), piece) is AnswerTooLong


def _streams() -> Iterator[bytes]:
    for size in (0, 16_384, 16_385, 65_536, 65_537, 100_000, 200_000):
        for field in (b"", ODD):
            yield b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (field, size) + b"b" * size
        yield b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * size
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for count in (10, 10_000, 12_000, 30_000):
        yield start + b"1\r\nb\r\n" * count + b"0\r\n\r\n"
    yield start + b"1;" + b"x" * 200_000 + b"\r\nb\r\n0\r\n\r\n"
    yield start + b"1\r\nb\r\n" + b"zz\r\n" * 30_000
    yield b"HTTP/1.1 204 No Content\r\n\r\n" + b"b" * 100_000
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nbbb"
    yield b"HTTP/1.1 200 OK\r\n" + ODD + b"\r\nbbb"
    for size in (5, 16_384, 65_536):
        loose = b"HTTP/1.1 200 OK\r\nContent-Length : %d\r\n\r\n" % size
        yield loose + b"b" * size + b", and more"
    yield b"HTTP/1.1 204 No Content\r\n" + ODD + b"\r\n" + b"b" * 100_000
    for length in (b"0x3", b"+3", b"-1", b"\r\n 3", b"3" * 26, b"3, 4", b""):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nbbb" % length
    for other in (b"Content-Length: 0", b"Transfer-Encoding: chunked"):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" + other + b"\r\n\r\nbbb"


@pytest.mark.parametrize("stream", list(_streams()), ids=len)
async def test_the_cuts_between_packets_change_nothing(stream: bytes) -> None:
    """For every kind of body."""
    first, *others = [await read(stream, piece) for piece in PIECES]
    assert isinstance(first, Result)
    assert others == [first] * len(others)


@pytest.mark.parametrize(
    ("fields", "body", "is_truncated"),
    [
        (b"Content-Length: 3, 3\r\n", b"bbb", False),
        (b"Content-Length : 3\r\n", b"bbb", False),
        (b"Content-Length: 0x3\r\n", b"", True),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", b"", True),
        (ODD, b"bbb", False),
        (b"Transfer-Encoding: identity\r\n", b"bbb", False),
    ],
)
async def test_a_body_whose_length_is_unclear_is_not_kept(
    fields: bytes, body: bytes, is_truncated: bool
) -> None:
    """Without a length it lasts until the end of the connection."""
    found = await read(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\nbbb", 7)
    assert isinstance(found, Result)
    assert (found.body, found.is_truncated, found.may_keep) == (body, is_truncated, False)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    ("start", "body"),
    [(b"200 OK\r\nContent-Length : 5", b"hello"), (b"204 No Content\r\nX-A : 1", b"")],
)
async def test_bytes_after_the_body_are_no_part_of_it(
    start: bytes, body: bytes, piece: int
) -> None:
    """Also if they come in the same packet; the connection is not used again."""
    found = await read(b"HTTP/1.1 " + start + b"\r\n\r\n" + body + b", and more", piece)
    assert isinstance(found, Result)
    assert (found.body, found.is_truncated, found.may_keep) == (body, False, False)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("interim", [INTERIM, ODD_INTERIM], ids=["strict", "loose"])
async def test_twenty_interim_responses_are_read(interim: bytes, piece: int) -> None:
    """More are an error."""
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    found = await read(interim * 20 + final, piece)
    assert isinstance(found, Result)
    assert found.status == 200
    assert await read(interim * 21 + final, piece) is AnswerTooLong


def _work(stream: bytes) -> float:
    """Return the processor time for an endless head that arrives byte by byte."""

    async def work() -> float:
        reading = Reading(asyncio.get_running_loop(), is_reused=False)
        begun = time.thread_time()
        for byte in stream:
            reading.feed(bytes([byte]))
        return time.thread_time() - begun

    return min(asyncio.run(work()) for _ in range(3))


@pytest.mark.parametrize(
    ("start", "fill"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        (b"HTTP/1.1 200 OK\n", b"a : b\n"),
        (ODD_INTERIM * 20 + b"HTTP/1.1 200 ", b"a"),
        (b"HTTP/1.1 103 X", b"a"),
        (b"", b"\r\n"),
    ],
    ids=["strict", "loose", "after-interim", "first-line", "blank-lines"],
)
def test_small_pieces_are_work_in_proportion(start: bytes, fill: bytes) -> None:
    """Four times the bytes take four times as long, not sixteen times."""
    short, long = (start + fill * (size // len(fill)) for size in (15_000, 60_000))
    assert _work(long) < 9 * _work(short)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/2.0 200 OK",
        b"HTTP/0.9 200 OK",
        b"HTTP/3.0 200 OK",
        b"HTTP/1.1 099 X",
        b"HTTP/1.1 000 X",
        b"HTTP/1.1 001 X",
        b"RTSP/1.0 200 OK",
        b"ICE/1.0 200 OK",
    ],
)
@pytest.mark.parametrize("fields", [b"", ODD], ids=["strict", "loose"])
async def test_a_response_that_is_not_http_1_is_unreadable(
    line: bytes, piece: int, fields: bytes
) -> None:
    """Another version, or an invalid status."""
    answer = line + b"\r\n" + fields + b"Content-Length: 0\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    for stream in (answer, answer + final, INTERIM + answer):
        assert await read(stream, piece) is UnreadableAnswer


@pytest.mark.parametrize("piece", PIECES)
async def test_the_length_is_found_behind_many_headers(piece: int) -> None:
    """8 KiB of them are stored, all are parsed."""
    begin = b"HTTP/1.1 503 X\nX: " + b"a" * 9_000 + b"\nRetry-After: 7\nContent-Length: 2\n\n"
    found = await read(begin + b"ok", piece)
    assert isinstance(found, Result)
    assert (found.status, found.body, found.is_truncated) == (503, b"ok", False)
    assert len(found.headers) == 8 * KIBIBYTE
