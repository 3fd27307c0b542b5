"""A proxy between a service and PostgreSQL that can cut a connection in COMMIT."""

import asyncio
import contextlib
import socket
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from linktime_local.servers.ports import LOOPBACK

BEGIN = b"BEGIN;"
COMMIT = b"COMMIT;"
CHUNK = 65536


class Cut(StrEnum):
    """What happens to the COMMIT whose connection is cut."""

    LOST = "it never arrives"
    UNANSWERED = "it arrives, its answer does not"
    LATE = "it arrives when `release` is called"


class Proxy:
    """One port, reserved from the start; a context manager that listens on it.

    Armed, it cuts one COMMIT: of the next transaction that has the marker in a statement or an
    argument. Those of the service's jobs pass.
    """

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self._socket = socket.socket()
        self._socket.bind((LOOPBACK, 0))
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self._armed: tuple[Cut, bytes] | None = None
        self.has_cut = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, sock=self._socket)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def dsn(self) -> str:
        """Return the DSN of the same database through this proxy, which must be entered."""
        login = self._target.netloc.rpartition("@")[0]
        port = self._socket.getsockname()[1]
        return urlunsplit(self._target._replace(netloc=f"{login}@{LOOPBACK}:{port}"))

    def arm(self, cut: Cut, marker: str) -> None:
        """Cut the COMMIT of the next transaction that contains the marker."""
        self._armed = cut, marker.encode()
        self.has_cut.clear()
        self._released.clear()

    def release(self) -> None:
        """Forward a delayed COMMIT."""
        self._released.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        behind = await asyncio.open_connection(self._target.hostname, self._target.port)
        answers = asyncio.create_task(_pump(behind[0], writer))
        try:
            with contextlib.suppress(OSError):
                await self._ask(reader, writer, behind, answers)
        finally:
            answers.cancel()
            for side in (writer, behind[1]):
                side.transport.abort()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        behind: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        answers: "asyncio.Task[None]",
    ) -> None:
        transaction = b""
        while data := await reader.read(CHUNK):
            transaction = (transaction + data).rpartition(BEGIN)[2] if self._armed else b""
            if self._armed is None or COMMIT not in data or self._armed[1] not in transaction:
                behind[1].write(data)
                continue
            (cut, _marker), self._armed = self._armed, None
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            if cut is Cut.LATE:
                writer.transport.abort()
                self.has_cut.set()
                await self._released.wait()
            if cut is not Cut.LOST:
                behind[1].write(data)
                await behind[0].read(CHUNK)
            self.has_cut.set()
            return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
    writer.transport.abort()
