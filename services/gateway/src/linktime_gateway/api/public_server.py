"""The server of the public port: requests go to the public door instead of an application."""

import asyncio
from collections.abc import Mapping

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage

from linktime_common.http.protocol import Handler, Server

# Also the time a new connection has for its first request.
IDLE_SECONDS = 75.0


class PublicServer(Server):
    """Serves `handler`, which is cancelled when its client goes away."""

    def __init__(self, handler: Handler, standing: Mapping[str, str]) -> None:
        """`standing` are the headers of the answers that `handler` is not asked for."""
        super().__init__(
            handler,
            request_factory=self._make_request,
            standing=standing,
            handler_cancellation=True,
            keepalive_timeout=IDLE_SECONDS,
        )

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        return _Request(message, payload, protocol, writer, task, self._loop)


class _Request(web.Request):
    """The kind that handlers of routes take, though no application has routed it."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        # aiohttp names itself and its version in every answer.
        response.headers.popall("Server", None)
