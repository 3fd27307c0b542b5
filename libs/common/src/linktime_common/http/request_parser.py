"""The parser of a connection's requests."""

from asyncio import AbstractEventLoop
from typing import Any

from aiohttp import web
from aiohttp.http_parser import HttpRequestParser


def request_parser(
    protocol: web.RequestHandler,
    *,
    loop: AbstractEventLoop,
    auto_decompress: bool,
    max_line_size: int,
    max_field_size: int,
    max_headers: int,
    **_others: Any,
) -> HttpRequestParser:
    """Return a new parser with the options of the protocol, as aiohttp makes its first one."""
    return HttpRequestParser(
        protocol,
        loop,
        protocol._read_bufsize,  # noqa: SLF001
        max_line_size=max_line_size,
        max_field_size=max_field_size,
        max_headers=max_headers,
        payload_exception=web.RequestPayloadError,
        auto_decompress=auto_decompress,
        max_msg_queue_size=protocol._max_msg_queue_size,  # noqa: SLF001
    )
