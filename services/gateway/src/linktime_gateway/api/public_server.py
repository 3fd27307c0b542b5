"""aiohttp's low-level server, made to answer in our error shape whatever reaches the port."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage

from linktime_common import logs
from linktime_common.http.errors import error_reply
from linktime_common.http.server import REQUEST_ID, request_id

# Also the time a new connection has for its first request.
IDLE_SECONDS = 75.0

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class PublicServer(web.Server):
    """Serves `handler`, which is cancelled when its client goes away."""

    def __init__(self, handler: Handler, standing: Mapping[str, str]) -> None:
        """`standing` are the headers of the answers that `handler` is not asked for."""
        super().__init__(
            handler,
            request_factory=self._make_request,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._standing = standing

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        return _Request(message, payload, protocol, writer, task, self._loop)

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, standing=self._standing, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    __slots__ = ("_standing",)

    def __init__(self, server: web.Server, *, standing: Mapping[str, str], **options: Any) -> None:
        super().__init__(server, **options)
        self._standing = standing

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP; aiohttp's own answer is plain text or HTML."""
        logs.logger().info(
            "malformed request", status=status, reason=message or repr(exc), client=request.remote
        )
        response = error_reply(status, "The request is not valid HTTP")
        response.headers[REQUEST_ID] = request_id(None)
        response.headers.update(self._standing)
        response.force_close()
        return response

    def log_exception(self, *_args: object, **facts: object) -> None:
        """Say that a connection ended badly: our own handler lets nothing else out."""
        logs.logger().info("connection ended", reason=repr(facts.get("exc_info")))


class _Request(web.Request):
    """The kind that handlers of routes take, though no application has routed it."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        # aiohttp names itself and its version in every answer.
        response.headers.popall("Server", None)
