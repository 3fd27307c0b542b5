"""Responses and logs for malformed HTTP: in our error format, without the received bytes.

aiohttp's own responses and log lines quote the request, with keys and bodies.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from aiohttp import HttpVersion10, StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import ERROR

from linktime_common import logs
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.http.errors import error_reply
from linktime_common.http.incoming_requests import IncomingRequests
from linktime_common.http.lingering import read_rest
from linktime_common.http.request_problems import (
    BAD_REQUEST,
    MOST_FIELD_BYTES,
    MOST_FIELDS,
    MOST_URL_BYTES,
    VERSIONS,
    limit_of,
    problem_of,
)
from linktime_common.request_ids import REQUEST_ID, begin_request

# A client that reads nothing for this long is gone, or wastes our memory on purpose.
UNREAD_SECONDS = 30.0
# While a process stops: a connection unused for this long probably does not carry the next request.
REST_SECONDS = 0.5
MOST_DRAIN_SECONDS = 3.0
DRAIN_POLL_SECONDS = 0.02
NOT_HTTP = "The request is not valid HTTP"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
NoteMalformed = Callable[[web.BaseRequest, int, BaseException | None], None]
RequestFactory = Callable[
    [
        RawRequestMessage,
        StreamReader,
        web.RequestHandler,
        AbstractStreamWriter,
        "asyncio.Task[None]",
    ],
    web.BaseRequest,
]


def log_malformed(request: web.BaseRequest, status: int, error: BaseException | None) -> None:
    """Log a request that is refused before any handler, because its HTTP is malformed."""
    logs.logger().info("malformed request", status=status, error=error, client=request.remote)


class Server(web.Server):
    """aiohttp's low-level server. Passes bodies to `handler` as sent, not decompressed."""

    def __init__(
        self,
        handler: Handler,
        *,
        request_factory: RequestFactory,
        fixed_headers: Mapping[str, str],
        note_malformed: NoteMalformed = log_malformed,
        **options: Any,
    ) -> None:
        """`fixed_headers` are headers of the responses that do not come from `handler`.

        `note_malformed` is called for each malformed request.
        """
        super().__init__(
            handler,
            request_factory=request_factory,
            access_log=None,
            auto_decompress=False,
            max_line_size=MOST_URL_BYTES,
            max_field_size=MOST_FIELD_BYTES,
            max_headers=MOST_FIELDS,
            lingering_time=0.0,  # `Protocol` does it
            **options,
        )
        self._fixed_headers = fixed_headers
        self.note_malformed = note_malformed
        self.is_draining = False

    async def drain(self) -> None:
        """Close each connection by its next response; return when none was used lately.

        Closed without one, it could meet a request on its way, which the client cannot repeat
        safely. Returns after MOST_DRAIN_SECONDS in any case.
        """
        self.is_draining = True
        ends = self._loop.time() + MOST_DRAIN_SECONDS
        while self._loop.time() < ends and any(map(_is_in_use, self.connections)):  # noqa: ASYNC110 - connections end by themselves
            await asyncio.sleep(DRAIN_POLL_SECONDS)

    def __call__(self) -> web.RequestHandler:
        return Protocol(self, fixed_headers=self._fixed_headers, loop=self._loop, **self._kwargs)


class AppRunner(web.AppRunner):
    """Runs an application on `Server`; a handler is cancelled when its caller disconnects."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return Server(
            made.request_handler,
            request_factory=made.request_factory,
            fixed_headers={},
            handler_cancellation=True,
        )


class Protocol(IncomingRequests):
    """One connection; rejects malformed HTTP."""

    __slots__ = ("_fixed_headers", "_lingers", "_server", "_used_at")

    def __init__(self, server: Server, *, fixed_headers: Mapping[str, str], **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._fixed_headers = fixed_headers
        self._lingers = False  # whether a response is written whose request has more to come
        self._used_at = self._loop.time()

    @property
    def is_in_use(self) -> bool:
        """Whether a request is being answered, or was lately, or the connection is new."""
        if self._messages or self._current_request is not None:
            return True
        return self._loop.time() - self._used_at < REST_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the kernel end the connection when the client stops reading, even after `close`."""
        super().connection_made(transport)
        if sys.platform == "linux":
            transport.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_SECONDS * 1000)
            )

    def _handle_request(
        self, request: web.BaseRequest, start_time: float | None, request_handler: Handler
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        self._body = request.content
        self._close_behind_last()
        problem = None
        if request._message is not ERROR:  # noqa: SLF001 - its handler responds with the error
            problem = problem_of(request)
        if problem is not None:
            if request._version not in VERSIONS:  # noqa: SLF001 - `version` would be kept
                # The response has the request's HTTP version.
                request._version = HttpVersion10  # noqa: SLF001

            async def refuse(request: web.BaseRequest) -> web.StreamResponse:
                return self._refuse(request, *problem)

            request_handler = refuse
        return super()._handle_request(request, start_time, request_handler)

    def is_last(self, request: web.BaseRequest) -> bool:
        """Whether the connection closes after the response, which is about to be written."""
        self._used_at = self._loop.time()
        return self._close or self._server.is_draining or changes_protocol(request)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Announce the close; also after an upgrade request: aiohttp loses the bytes after it."""
        is_last = self.is_last(request)
        if is_last:
            resp.force_close()
        written = await super().finish_response(request, resp, start_time)
        if is_last or self._to_come or self._has_chunks:
            await self._linger(request.content, closes=not resp.keep_alive)
        return written

    async def _linger(self, body: StreamReader, *, closes: bool) -> None:
        """Read the rest of the request; if the connection closes, our side of it is closed first.

        So the client need not wait for the end.
        """
        if body.is_eof() or self._force_close or self.transport is None:
            return
        self._lingers = True
        if closes and not self.transport.is_closing():
            self.transport.write_eof()
        await read_rest(body)
        self._lingers = False

    async def shutdown(self, timeout: float | None = 15.0) -> None:
        """End the connection of a process that stops, without waiting for the rest of a request."""
        if self._lingers and self._body is not None:
            self._body.feed_eof()
        await super().shutdown(timeout)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes the request
    ) -> web.StreamResponse:
        """Respond to malformed HTTP."""
        return self._refuse(request, *(limit_of(exc) or (status, NOT_HTTP)), error=exc)

    def _refuse(
        self,
        request: web.BaseRequest,
        status: int,
        sentence: str,
        *,
        error: BaseException | None = None,
    ) -> web.Response:
        identifier = begin_request(None)
        logs.begin_trace(None)  # not that of the connection's last request
        self._server.note_malformed(request, status, error)
        code = ErrorCode.MALFORMED_REQUEST if status == BAD_REQUEST else None
        response = error_reply(status, sentence, code=code)
        response.headers[REQUEST_ID] = identifier
        response.headers.update(self._fixed_headers)
        # aiohttp adds it only for HTTP/1.1, and treats a malformed request as 1.0.
        response.headers[hdrs.CONNECTION] = "close"
        response.force_close()
        return response

    def log_exception(self, *_args: object, **facts: object) -> None:
        """Log that a connection ended with an error: our handlers raise nothing else."""
        logs.logger().info("connection ended", error=facts.get("exc_info"))


def _is_in_use(connection: web.RequestHandler) -> bool:
    return isinstance(connection, Protocol) and connection.is_in_use


def changes_protocol(request: web.BaseRequest) -> bool:
    """Whether the parser stops after this request, for any protocol; also for CONNECT."""
    return bool(request._message.upgrade)  # noqa: SLF001
