"""Connections whose request is answered before its body has arrived: RFC 9112 section 9.6."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from linktime_common.http import lingering
from linktime_common.http.protocol import AppRunner
from linktime_local.testing.waiting import eventually

SHORT = 5.0  # aiohttp itself would read for 10 seconds
LONG = 60.0  # more than any test lasts
HEAD = b"POST /%b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
LARGE = 8 * 1024 * 1024  # more than the kernel buffers


@pytest.fixture
async def runner() -> AsyncIterator[AppRunner]:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=401, text="refused")

    async def close(request: web.Request) -> web.Response:
        response = await refuse(request)
        response.force_close()
        return response

    app = web.Application()
    app.router.add_post("/refuse", refuse)
    app.router.add_post("/close", close)
    runner = AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner
    await runner.cleanup()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection ends because its client sends nothing."""
    monkeypatch.setattr(lingering, "QUIET_SECONDS", LONG)
    monkeypatch.setattr(lingering, "MOST_SECONDS", LONG)


async def connect(runner: AppRunner) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*runner.addresses[0][:2])


@pytest.mark.usefixtures("patient")
async def test_the_client_sees_the_end_with_the_response(runner: AppRunner) -> None:
    """It need not wait until we have stopped reading."""
    reader, writer = await connect(runner)
    writer.write(HEAD % (b"close", 10) + b"{")
    async with asyncio.timeout(SHORT):
        answer = await reader.read()
    assert answer.endswith(b"\r\n\r\nrefused")
    assert b"\r\nConnection: close\r\n" in answer
    writer.close()
    await eventually(lambda: not _connections(runner), within=SHORT)


@pytest.mark.usefixtures("patient")
async def test_a_client_that_still_sends_gets_the_response(runner: AppRunner) -> None:
    """Although it reads only after it has sent everything."""
    reader, writer = await connect(runner)
    async with asyncio.timeout(SHORT):
        writer.write(HEAD % (b"close", LARGE))
        for _ in range(LARGE // 65_536):
            writer.write(bytes(65_536))
            await writer.drain()
        assert (await reader.read()).endswith(b"\r\n\r\nrefused")
    writer.close()


@pytest.mark.usefixtures("patient")
async def test_a_connection_is_kept_when_the_rest_arrives(runner: AppRunner) -> None:
    """If the response does not close it."""
    reader, writer = await connect(runner)
    async with asyncio.timeout(SHORT):
        for _ in range(2):
            writer.write(HEAD % (b"refuse", 2))
            assert b"\r\nConnection: close\r\n" not in await reader.readuntil(b"refused")
            writer.write(b"{}")
    writer.close()


@pytest.mark.parametrize("path", [b"close", b"refuse"])
async def test_a_silent_client_is_not_waited_for(
    runner: AppRunner, monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    """Also if it never closes its side."""
    monkeypatch.setattr(lingering, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(lingering, "MOST_SECONDS", LONG)
    reader, writer = await connect(runner)
    writer.write(HEAD % (path, 10))
    await reader.readuntil(b"refused")
    await eventually(lambda: not _connections(runner), within=SHORT)
    writer.close()


@pytest.mark.usefixtures("patient")
async def test_what_is_malformed_after_the_response_ends_the_connection(
    runner: AppRunner,
) -> None:
    """Without a line in the log, which a client could repeat at its own rate."""
    reader, writer = await connect(runner)
    writer.write(b"POST /refuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    with capture_logs() as lines:
        async with asyncio.timeout(SHORT):
            await reader.readuntil(b"refused")
            writer.write(b"no size\r\n")
            assert await reader.read() == b""
    assert lines == []
    writer.close()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("path", [b"close", b"refuse"])
async def test_a_process_that_stops_does_not_wait_for_the_rest(
    runner: AppRunner, path: bytes
) -> None:
    """The response has been sent."""
    reader, writer = await connect(runner)
    writer.write(HEAD % (path, 10))
    await reader.readuntil(b"refused")
    async with asyncio.timeout(SHORT):
        await runner.cleanup()
    assert await reader.read() == b""
    writer.close()


def _connections(runner: AppRunner) -> list[Any]:
    return runner.server.connections if runner.server else []
