"""Kept connections of aiohttp's client that never answer a request with what came before it.

aiohttp reads on while a connection waits in the pool, and gives what it has read to the next
request: a second answer to the last one, or the 408 of a server that was tired of waiting.
"""

import asyncio
import functools
import select
from typing import Any, ClassVar, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


class Arrivals:
    """Sees bytes, an end or an error of a connection that the event loop has not read yet."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def are_waiting(self) -> bool:
        """Whether there is something, or the connection is being closed."""
        return self._transport.is_closing() or bool(self._poll.poll(0))


class KeptProtocol(ResponseHandler):
    """One connection; closed when anything comes while no request is on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.was_used = False
        self.is_idle = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._arrivals = Arrivals(transport)

    def rest(self) -> None:
        """The request on it is over."""
        self.was_used = self.is_idle = True

    def data_received(self, data: bytes) -> None:
        """An answer that nobody asked for is nobody's."""
        if self.is_idle and data:  # without data, it is only to read on in what it has
            self.abort()
        else:
            super().data_received(data)

    def is_quiet(self) -> bool:
        """Whether nothing has come since the last answer, read or still unread."""
        if self.transport is None or self.should_close or self._arrivals.are_waiting():
            return False
        # The parser may have begun another answer, behind the last one in the same bytes; it shows
        # by what the parser makes of an end here. Each request has a parser of its own.
        return self._parser is None or self._parser.feed_eof() is None


class KeptConnector(aiohttp.TCPConnector):
    """Closes a kept connection on which something came, and takes another."""

    protocol: ClassVar[type[KeptProtocol]] = KeptProtocol

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = cast(
            "functools.partial[ResponseHandler]", functools.partial(self.protocol, loop=self._loop)
        )

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A quiet kept connection or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = cast("KeptProtocol", connection.protocol)
            if not protocol.was_used or protocol.is_quiet():
                protocol.is_idle = False
                connection.add_callback(protocol.rest)
                return connection
            connection.close()
