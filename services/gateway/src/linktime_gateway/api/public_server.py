"""The HTTP server of the public port, without an aiohttp Application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from prometheus_client import Gauge

from linktime_common import logs, tracing
from linktime_common.http.protocol import Handler, NoteMalformed, Protocol, Server
from linktime_common.tracing import SpanKind, TraceStep
from linktime_gateway.api.forwarded_response import ForwardedResponse
from linktime_gateway.api.public_health import HEALTHZ

PublicHandler = Callable[
    [web.BaseRequest, TraceStep], Awaitable[web.StreamResponse | ForwardedResponse]
]

# Also the timeout for the first request of a new connection.
IDLE_SECONDS = 75.0
DASHBOARD = "/dashboard/"

CONNECTIONS = Gauge("linktime_gateway_connections", "Open connections at the public port")
IN_PROGRESS = Gauge("linktime_gateway_requests_in_progress", "Public requests in progress")


class PublicServer(Server):
    """Serves `handler`, which is cancelled when its client disconnects."""

    def __init__(
        self,
        handler: PublicHandler,
        fixed_headers: Mapping[str, str],
        note_malformed: NoteMalformed,
    ) -> None:
        """`fixed_headers` are the headers of responses that do not come from `handler`.

        `note_malformed` is called for malformed requests, for which `handler` is not.
        """

        async def counted(request: web.BaseRequest) -> web.StreamResponse | ForwardedResponse:
            step = _step(request)
            with IN_PROGRESS.track_inprogress(), step:
                return await handler(request, step)

        super().__init__(
            cast("Handler", counted),
            request_factory=self._make_request,
            fixed_headers=fixed_headers,
            note_malformed=note_malformed,
            handler_cancellation=True,
            keepalive_timeout=IDLE_SECONDS,
        )

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, fixed_headers=self._fixed_headers, loop=self._loop, **self._kwargs)

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        return _Request(message, payload, protocol, writer, task, self._loop)


def _step(request: web.BaseRequest) -> TraceStep:
    """Return the step that serves a request; it is named when its status is known."""
    # A client's trace is not continued: its ids and its sampling are the client's choice.
    if request.raw_path.partition("?")[0] == HEALTHZ:
        logs.begin_trace(None)
        return tracing.NOT_RECORDED
    return tracing.continuing(None, "request", SpanKind.SERVER)


class _Protocol(Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        CONNECTIONS.inc()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        CONNECTIONS.dec()

    def eof_received(self) -> bool:  # type: ignore[override] # aiohttp declares None
        """Keep a half-closed connection open, except for dashboard requests.

        A browser that closes its side has left, and password checks are too expensive to run for
        it.
        """
        current = self._current_request
        if current is not None and current.path.startswith(DASHBOARD):
            return False
        return super().eof_received()

    async def finish_response(
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse | ForwardedResponse,
        start_time: float | None,
    ) -> tuple[web.StreamResponse, bool]:
        """Write the response; returns True when the client has disconnected."""
        if not isinstance(resp, ForwardedResponse):
            return await super().finish_response(request, resp, start_time)
        if self.is_last(request) or not resp.can_write_for(request):
            return await super().finish_response(request, resp.response(), start_time)
        try:
            await resp.write(request.writer)
        except ConnectionError:
            return cast("web.StreamResponse", resp), True
        return cast("web.StreamResponse", resp), False


class _Request(web.Request):
    """A web.Request, as handlers of routes expect, outside of an Application."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        # aiohttp adds its name and version to every response.
        response.headers.popall("Server", None)
