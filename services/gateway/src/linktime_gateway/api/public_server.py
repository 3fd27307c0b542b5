"""The server of the public port: requests go to the public door instead of an application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage

from linktime_common.http.protocol import Handler, Protocol, Server, changes_protocol
from linktime_gateway.api.passing_back import PassedBack

PublicHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | PassedBack]]

# Also the time a new connection has for its first request.
IDLE_SECONDS = 75.0
DASHBOARD = "/dashboard/"


class PublicServer(Server):
    """Serves `handler`, which is cancelled when its client goes away."""

    def __init__(self, handler: PublicHandler, standing: Mapping[str, str]) -> None:
        """`standing` are the headers of the answers that `handler` is not asked for."""
        super().__init__(
            cast("Handler", handler),
            request_factory=self._make_request,
            standing=standing,
            handler_cancellation=True,
            keepalive_timeout=IDLE_SECONDS,
        )

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, standing=self._standing, loop=self._loop, **self._kwargs)

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        return _Request(message, payload, protocol, writer, task, self._loop)


class _Protocol(Protocol):
    def eof_received(self) -> bool:  # type: ignore[override] # asyncio asks; aiohttp says None
        """Keep the connection for the answers, but not for a browser's: that has gone.

        What browsers ask for may be work with passwords, which must not be begun for nobody.
        """
        at_work = self._current_request
        if at_work is not None and at_work.path.startswith(DASHBOARD):
            return False
        return super().eof_received()

    async def finish_response(
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse | PassedBack,
        start_time: float | None,
    ) -> tuple[web.StreamResponse, bool]:
        """Write the answer; True when the client is gone."""
        if not isinstance(resp, PassedBack):
            return await super().finish_response(request, resp, start_time)
        if changes_protocol(request) or not resp.is_plain_for(request):
            return await super().finish_response(request, resp.response(), start_time)
        try:
            await resp.write(request.writer)
        except ConnectionError:
            return cast("web.StreamResponse", resp), True
        return cast("web.StreamResponse", resp), False


class _Request(web.Request):
    """The kind that handlers of routes take, though no application has routed it."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        # aiohttp names itself and its version in every answer.
        response.headers.popall("Server", None)
