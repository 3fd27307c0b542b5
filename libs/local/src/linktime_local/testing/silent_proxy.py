"""A TCP proxy that can hold back the data of either direction."""

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536


class SilentProxy:
    """A proxy with one listening port; use it as a context manager.

    While it holds data back, connections stay open and new ones are accepted, as with a suspended
    process or lost packets. The data arrives after `release`, like a TCP retransmission.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._tasks: set[asyncio.Task[None]] = set()
        self._to_server = asyncio.Event()
        self._from_server = asyncio.Event()
        self.release()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """The server's address through this proxy."""
        port = self._server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{login}@127.0.0.1:{port}"))

    def hold(self, *, to_server: bool = True, from_server: bool = True) -> None:
        """Hold back the data of these directions."""
        if to_server:
            self._to_server.clear()
        if from_server:
            self._from_server.clear()

    def release(self) -> None:
        """Forward the data of both directions."""
        self._to_server.set()
        self._from_server.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await self._to_server.wait()
        behind = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            await asyncio.gather(
                _pass(reader, behind[1], self._to_server),
                _pass(behind[0], writer, self._from_server),
            )
        finally:
            for side in (writer, behind[1]):
                side.transport.abort()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: asyncio.Event
) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            await may_pass.wait()
            writer.write(data)
            await writer.drain()
    await may_pass.wait()
    writer.transport.abort()
