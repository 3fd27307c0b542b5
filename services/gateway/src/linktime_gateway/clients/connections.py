"""Pooled HTTP/1.1 connections to one service.

Implemented on asyncio protocols with the parser of Node.js: aiohttp's client took as much processor
time as everything else that the gateway does with a request.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

from linktime_common.errors import SafeToLog
from linktime_common.failures import describe
from linktime_common.http.kept_connections import Arrivals, reset_on_close

CONNECT_SECONDS = 1.0
KEEP_SECONDS = 30.0
MOST_HEAD_BYTES = 64 * 1024
MOST_BYTES = 16 * 1024 * 1024
FIRST_FINAL_STATUS = 200


class UpstreamResponse(NamedTuple):
    """A service's response; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ConnectionEnded(SafeToLog):
    """The service closed the connection before a response."""


class BadAnswer(SafeToLog):
    """The response is incomplete, too large, or not HTTP."""


class Connection(asyncio.Protocol):
    """A connection with at most one request; closed unless its response was read completely."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[UpstreamResponse] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.is_open = False
        self.idle_since = 0.0
        self._begin()

    async def exchange(self, request: bytes, deadline: float) -> UpstreamResponse:
        """Send `request` and return the response.

        Raises ConnectionEnded, BadAnswer and TimeoutError.
        """
        if not self.is_open:
            raise ConnectionEnded("before the request")
        self._waiting = self._loop.create_future()
        self._begin()
        self._transport.write(request)
        self._expect_by(deadline)
        try:
            return await self._waiting
        except asyncio.CancelledError:
            self.close()  # the response may still arrive
            raise

    def is_quiet(self) -> bool:
        """Return whether it is open and has no unread bytes."""
        return self.is_open and not self._arrivals.are_waiting()

    def close(self) -> None:
        """Abort the connection."""
        self.is_open = False
        self._transport.abort()

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._arrivals = Arrivals(transport)
        reset_on_close(transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:  # an unrequested response
            self.close()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BadAnswer(describe(error)))
        if self._size > (MOST_BYTES if self._has_head else MOST_HEAD_BYTES):
            self._fail(BadAnswer("the response is too large"))

    def connection_lost(self, error: Exception | None) -> None:
        if self._has_head and error is None and not self._is_framed():
            self._finish()
        elif self._size:
            self._fail(BadAnswer("the response is incomplete"))
        else:
            self._fail(ConnectionEnded(describe(error) if error else ""))
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()

    # Called by the parser.

    def on_message_begin(self) -> None:
        if self._waiting is None:  # a second response after the requested one
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # otherwise a trailer
            self._headers.setdefault(
                name.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape")
            )

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < FIRST_FINAL_STATUS:
            self._begin()
        else:
            self._finish()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._has_head = False

    def _expect_by(self, deadline: float) -> None:
        # One timer for many requests: most end long before it, and setting one takes a while.
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._check_deadline, self._deadline)

    def _check_deadline(self, reached: float) -> None:
        self._timer = None
        if self._waiting is not None:
            if self._deadline > reached:
                self._set_timer()
            else:
                self._fail(TimeoutError())

    def _is_framed(self) -> bool:
        # Otherwise the body ends when the connection closes.
        return not self._headers.keys().isdisjoint(("content-length", "transfer-encoding"))

    def _finish(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            status = self._parser.get_status_code()
            waiting.set_result(UpstreamResponse(status, self._headers, b"".join(self._body)))
        if not self._parser.should_keep_alive():
            self.close()

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
        self.close()


class Connections:
    """The connection pool of one service."""

    def __init__(self, url: str) -> None:
        """`url` is, for example, `http://127.0.0.1:8101`; its path is a prefix of all paths.

        Must be created in a running event loop.
        """
        parts = urlsplit(url)
        self.host = parts.netloc.rpartition("@")[2]
        self.folder = parts.path.rstrip("/")
        self._name = parts.hostname or ""
        self._uses_tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._uses_tls else 80)
        # Cached: before Python 3.12 getting the running loop is a system call.
        self._loop = asyncio.get_running_loop()
        self._idle: deque[Connection] = deque()  # longest idle first

    async def exchange(
        self, request: bytes, deadline: float, *, fresh: bool = False
    ) -> UpstreamResponse:
        """Return the response to `request`; with `fresh`, on a new connection.

        `deadline` is in the event loop's seconds. Raises ConnectionEnded, BadAnswer, TimeoutError,
        and OSError when the connection fails.
        """
        kept = None if fresh else self._take_idle()
        connection = kept or await self._connect(deadline)
        answer = await connection.exchange(request, deadline)
        if connection.is_open:
            self._keep(connection)
        return answer

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    async def _connect(self, deadline: float) -> Connection:
        async with asyncio.timeout_at(min(deadline, self._loop.time() + CONNECT_SECONDS)):
            _transport, connection = await self._loop.create_connection(
                lambda: Connection(self._loop), self._name, self._port, ssl=self._uses_tls or None
            )
        return connection

    def _take_idle(self) -> Connection | None:
        self._drop_old()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    def _drop_old(self) -> None:
        oldest = self._loop.time() - KEEP_SECONDS
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.popleft().close()
