"""Responses of services, as the client receives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final, cast

import orjson
from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from multidict import CIMultiDict

from linktime_common import logs
from linktime_common.http.errors import SENTENCES, error_reply, unavailable_reply
from linktime_common.http.idempotency import REPLAYED
from linktime_common.http.ignored_parameters import IGNORED_PARAMETERS
from linktime_common.http.media_types import is_json
from linktime_gateway.clients.connections import UpstreamResponse

BAD_REQUEST, SERVER_ERROR = 400, 500
WITHOUT_BODY = frozenset({204, 304})
OCTET_STREAM = "application/octet-stream"

_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}

# Other response headers are not forwarded.
RESPONSE_HEADERS: Final[Mapping[str, str]] = {
    name.lower(): name
    for name in (
        hdrs.ALLOW,
        hdrs.CACHE_CONTROL,
        hdrs.CONTENT_DISPOSITION,
        hdrs.CONTENT_ENCODING,
        hdrs.CONTENT_LANGUAGE,
        hdrs.CONTENT_TYPE,
        hdrs.ETAG,
        hdrs.LAST_MODIFIED,
        hdrs.LINK,
        hdrs.LOCATION,
        hdrs.RETRY_AFTER,
        hdrs.VARY,
        IGNORED_PARAMETERS,
        REPLAYED,
    )
}


@dataclass(slots=True)
class ForwardedResponse:
    """A service's response below 400.

    Most are written without a `web.Response`: building and preparing one takes about a seventh of
    the processor time of a request.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    keep_alive: ClassVar[bool] = True  # `can_write_for` excludes others

    def can_write_for(self, request: web.BaseRequest) -> bool:
        """Return whether `write` can be used for `request`; otherwise send `response`."""
        return (
            request.version == HttpVersion11
            and request.method != hdrs.METH_HEAD
            and request.keep_alive
            and self.status not in WITHOUT_BODY
        )

    def response(self) -> web.Response:
        """Return the response for aiohttp to prepare."""
        return web.Response(status=self.status, headers=self.headers, body=self.body)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write head and body at once, as aiohttp does; raises ConnectionError."""
        headers = self.headers
        headers[hdrs.CONTENT_LENGTH] = str(len(self.body))
        if self.body:
            headers.setdefault(hdrs.CONTENT_TYPE, OCTET_STREAM)
        headers[hdrs.DATE] = rfc822_formatted_time()
        first = f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, '')}"
        await writer.write_headers(first, cast("CIMultiDict[str]", headers))
        await writer.write_eof(self.body)


def forward_response(answer: UpstreamResponse) -> web.Response | ForwardedResponse:
    """Return the response with allowed headers; an error in an unknown format is replaced."""
    status, incoming, body = answer
    if status >= BAD_REQUEST and not _is_known_format(answer):
        logs.logger().error("replaced a service's error in an unknown format", status=status)
        return _replace_error(status)
    headers = {
        RESPONSE_HEADERS[name]: value
        for name, value in incoming.items()
        if name in RESPONSE_HEADERS
    }
    if status >= BAD_REQUEST:
        return web.Response(status=status, headers=headers, body=body)
    return ForwardedResponse(status, headers, body)


def _replace_error(status: int) -> web.Response:
    if status == SERVER_ERROR:
        return error_reply(status, SENTENCES[status])
    return unavailable_reply() if status > SERVER_ERROR else error_reply(status, "Request refused")


def _is_known_format(answer: UpstreamResponse) -> bool:
    # A proxy in front of a service, or a crash, may return HTML or a stack trace.
    if not is_json(answer.headers.get("content-type", "")):
        return False
    try:
        return isinstance(orjson.loads(answer.body), dict)
    except orjson.JSONDecodeError:
        return False
