"""Receivers that respond with any bytes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import trustme

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """Counts the accepted connections, and stores the requests read."""

    port: int = 0
    accepted: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The URL of the receiver."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        """Read one request, head and body; raises IncompleteReadError if there is none."""
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        length = next(lengths, 0)
        self.requests.append(head + await reader.readexactly(length))
        return self.requests[-1]


@contextlib.asynccontextmanager
async def listening(
    talk: Callable[[Receiver], Talk], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Run a receiver whose connections are handled by `talk`."""
    receiver = Receiver()
    handle = talk(receiver)
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, backlog=1024)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(*answers: bytes) -> Callable[[Receiver], Talk]:
    """Send the next response to each request, repeating the last; keep the connection open."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await receiver.read(reader)
                writer.write(answers[min(len(receiver.requests), len(answers)) - 1])
                await writer.drain()

        return handle

    return talk


def saying_once(answer: bytes) -> Callable[[Receiver], Talk]:
    """Return a receiver that sends `answer` to one request and closes."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            writer.write(answer)
            await writer.drain()

        return handle

    return talk


def with_body(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a response with the body's length."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([b"HTTP/1.1 " + status, length, *headers, b"", body])


def pouring(start: bytes, piece: bytes, *, every: float = 0) -> Callable[[Receiver], Talk]:
    """Respond to one request with `start`, then with `piece` endlessly."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            writer.write(start)
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(every)

        return handle

    return talk


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return a server context with `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
