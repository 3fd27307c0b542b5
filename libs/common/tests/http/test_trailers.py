"""Fields behind a body in chunks belong to no request. RFC 9110 6.5.1"""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import web

from linktime_common.http.routes import OPEN, Route
from linktime_local.testing.services import Running, serving

CHUNKED = b"POST /names HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
TRAILERS = (b"Authorization: Bearer x\r\n", b"A: b\r\nHost: c\r\n", b"Empty:\r\n")
LAST = b"GET /names HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def names(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=orjson.dumps([*request.headers]))


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Running]:
    async with serving(*(Route(method, "/names", names, OPEN) for method in ("GET", "POST"))) as it:
        yield it


async def ask(service: Running, *packets: bytes) -> list[list[str]]:
    """Send the packets; return the bodies of the answers until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
    for packet in packets:
        writer.write(packet)
        await writer.drain()
        await asyncio.sleep(0)
    answers = await reader.read()
    writer.close()
    return [orjson.loads(one.partition(b"\r\n\r\n")[2]) for one in answers.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("trailers", TRAILERS)
async def test_the_next_request_does_not_get_them(service: Running, trailers: bytes) -> None:
    """In one packet, in two, and in packets of one byte."""
    first = CHUNKED + b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n"
    whole = first + LAST
    bytes_alone = [whole[at : at + 1] for at in range(len(whole))]
    for packets in ([whole], [first, LAST], bytes_alone):
        assert await ask(service, *packets) == [
            ["Host", "Transfer-Encoding"],
            ["Host", "Connection"],
        ]


async def test_a_body_of_many_blank_lines_is_the_last(service: Running) -> None:
    """Its end and the next head may come to the parser together."""
    body = b"4\r\n\r\n\r\n\r\n" * 100 + b"0\r\nAuthorization: Bearer x\r\n\r\n"
    assert await ask(service, CHUNKED + body + LAST) == [["Host", "Transfer-Encoding"]]
