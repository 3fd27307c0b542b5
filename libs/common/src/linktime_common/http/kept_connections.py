"""aiohttp client connections that never use leftover bytes as a response to a later request.

aiohttp reads from idle pooled connections and gives what it has read to the next request: a second
response to the last one, or a server's 408 on its idle timeout.
"""

import asyncio
import functools
import select
import socket
import struct
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


class Arrivals:
    """Detects bytes, EOF or an error on a connection that the event loop has not read yet."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def are_waiting(self) -> bool:
        """Whether there is something to read, or the connection is closing."""
        return self._transport.is_closing() or bool(self._poll.poll(0))


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Have the kernel reset the connection when it closes, also when this process ends.

    Otherwise the server cannot distinguish a caller that has left from one that has only shut down
    its sending side and waits for the response.
    """
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


class KeptProtocol(ResponseHandler):
    """One connection; closed when anything arrives while it is idle."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.was_used = False
        self.is_idle = False
        self.was_reset = False  # ended by an error, not by the server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._arrivals = Arrivals(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note how it ended: aiohttp takes either end for the end of a body without a length."""
        self.was_reset = exc is not None
        super().connection_lost(exc)

    def rest(self) -> None:
        """Mark the connection as idle."""
        self.was_used = self.is_idle = True

    def data_received(self, data: bytes) -> None:
        """Close the connection if data arrives while it is idle."""
        if self.is_idle and data:  # empty data only resumes parsing
            self.abort()
        else:
            super().data_received(data)

    def is_quiet(self) -> bool:
        """Whether nothing has arrived since the last response, read or still unread."""
        if self.transport is None or self.should_close or self._arrivals.are_waiting():
            return False
        # The parser may have started another response from the same bytes; its reaction to EOF
        # shows that. Each request has a new parser.
        return self._parser is None or self._parser.feed_eof() is None


class ResettingProtocol(KeptProtocol):
    """A connection to another service, which cancels a request whose caller has left."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        reset_on_close(transport)


class KeptConnector(aiohttp.TCPConnector):
    """Closes a pooled connection on which something arrived, and takes another."""

    def __init__(self, *, protocol: type[KeptProtocol] = KeptProtocol, **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = cast(
            "functools.partial[ResponseHandler]", functools.partial(protocol, loop=self._loop)
        )

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a clean pooled connection or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = cast("KeptProtocol", connection.protocol)
            if not protocol.was_used or protocol.is_quiet():
                protocol.is_idle = False
                connection.add_callback(protocol.rest)
                return connection
            connection.close()
