"""Pooled internal connections are not reused after unexpected data."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from linktime_common.http.client import open_session
from linktime_local.testing.waiting import eventually

FIRST = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"
STALE = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale",
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 2",
    b"x",
]


class Server:
    """Responds with `first` to the first request of a connection, with SECOND to all others."""

    def __init__(self) -> None:
        self.first = FIRST
        self.writers: list[asyncio.StreamWriter] = []
        self.answered = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.answered += 1
                writer.write(self.first if self.answered == 1 else SECOND)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


async def ask(session: aiohttp.ClientSession, url: str, method: str = "GET") -> bytes:
    body = b"{}" if method == "POST" else None
    async with session.request(method, url, data=body) as response:
        return await response.read()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_quiet_connection_is_used_again(
    session: aiohttp.ClientSession, server: Server, method: str
) -> None:
    """One connection for all sequential requests."""
    assert [await ask(session, server.url, method) for _ in range(3)] == [
        b"first",
        b"second",
        b"second",
    ]
    assert len(server.writers) == 1


@pytest.mark.parametrize("stale", STALE[:-1])
async def test_bytes_after_a_response_are_discarded(
    session: aiohttp.ClientSession, server: Server, stale: bytes
) -> None:
    """In the same bytes as the end of the response."""
    server.first = FIRST + stale
    assert await ask(session, server.url) == b"first"
    assert await ask(session, server.url, "POST") == b"second"
    assert len(server.writers) == 2


@pytest.mark.parametrize("stale", STALE)
async def test_bytes_on_an_idle_connection_are_discarded(
    session: aiohttp.ClientSession, server: Server, stale: bytes
) -> None:
    """The connection is closed at once."""
    assert await ask(session, server.url) == b"first"
    server.writers[0].write(stale)
    await eventually(server.writers[0].transport.is_closing)
    assert await ask(session, server.url, "POST") == b"second"
    assert len(server.writers) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("stale", [*STALE, None])
async def test_unread_bytes_are_detected(
    session: aiohttp.ClientSession, server: Server, method: str, stale: bytes | None
) -> None:
    """Bytes or EOF that arrived just before the request."""
    assert await ask(session, server.url) == b"first"
    if stale is None:
        server.writers[0].get_extra_info("socket").shutdown(socket.SHUT_WR)
    else:
        server.writers[0].write(stale)
    assert await ask(session, server.url, method) == b"second"
    assert len(server.writers) == 2
