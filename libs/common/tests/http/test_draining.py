"""Connections of a process that stops."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from linktime_common.http import protocol
from linktime_common.http.protocol import AppRunner, Server

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
async def runner() -> AsyncIterator[AppRunner]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner
    await runner.cleanup()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(GET)
    async with asyncio.timeout(20):
        return await reader.readuntil(b"done")


async def test_a_used_connection_is_closed_by_a_response(
    runner: AppRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no request is sent on a connection that the server closes meanwhile."""
    monkeypatch.setattr(protocol, "REST_SECONDS", 30.0)
    monkeypatch.setattr(protocol, "MOST_DRAIN_SECONDS", 30.0)
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    assert b"Connection: close" not in await exchange(reader, writer)
    assert isinstance(runner.server, Server)
    draining = asyncio.create_task(runner.server.drain())
    await asyncio.sleep(0)
    assert b"Connection: close" in await exchange(reader, writer)
    assert await reader.read() == b""
    async with asyncio.timeout(20):
        await draining
    writer.close()


async def test_an_unused_connection_is_not_waited_for(
    runner: AppRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed without a response."""
    monkeypatch.setattr(protocol, "REST_SECONDS", 0.0)
    monkeypatch.setattr(protocol, "MOST_DRAIN_SECONDS", 30.0)
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    await exchange(reader, writer)
    assert isinstance(runner.server, Server)
    async with asyncio.timeout(20):
        await runner.server.drain()
    await runner.cleanup()
    assert await reader.read() == b""
    writer.close()
