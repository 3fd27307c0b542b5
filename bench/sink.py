"""A minimal receiver: responds 204 to every request, and counts.

`python -m bench.sink PORT [CERTIFICATE KEY]` uses TLS with a certificate, and then closes each
connection. `GET /stats` returns the number of deliveries and the lateness of each, and resets both.
"""

import asyncio
import ssl
import sys
import time
from datetime import datetime
from typing import cast

import orjson
import uvloop

KEPT = b"HTTP/1.1 204 No Content\r\n\r\n"
CLOSED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
LENGTH = b"content-length: "
MARK = b'"timestamp":"'


class Counts:
    """Counters since the last `GET /stats`."""

    def __init__(self) -> None:
        self.lateness: list[float] = []
        self.keeps_open = True


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._unread = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end].lower()
            at = head.find(LENGTH)
            length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._unread) < end + 4 + length:
                return
            body = self._unread[end + 4 : end + 4 + length]
            self._unread = self._unread[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get /stats"):
            answer = orjson.dumps(self._counts.lateness)
            self._counts.lateness = []
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
            )
            return
        at = body.find(MARK) + len(MARK)
        happened = datetime.fromisoformat(body[at : at + 24].decode()).timestamp()
        self._counts.lateness.append(time.time() - happened)
        self._transport.write(KEPT if self._counts.keeps_open else CLOSED)
        if not self._counts.keeps_open:
            self._transport.close()


async def serve(port: int, certificate: list[str]) -> None:
    counts, context = Counts(), None
    if certificate:
        counts.keeps_open = False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Sink(counts), "127.0.0.1", port, ssl=context, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2:]))
