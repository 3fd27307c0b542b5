"""One request and the beginning of its answer, on a connection that aiohttp's connector opened.

Connector, TLS, parser and its limits are aiohttp's. Its ClientSession is left out: cookies,
redirects, middlewares and a task for each body took more than half of the processor time of a
delivery, for what no delivery uses.
"""

from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import hdrs
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from yarl import URL

from linktime_common.http.heads import head_of

ADDED_BY_AIOHTTP = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT)
SWITCHING_PROTOCOLS = 101
FIRST_FINAL_STATUS = 200


def destination(url: URL, **through: Any) -> ClientRequest:
    """What a connector asks of a request: where it goes, and `through` which proxy.

    Without a proxy it may be used for any number of requests, also at the same time.
    """
    # A GET, since aiohttp gives any other a length; what is sent is written below.
    return ClientRequest(hdrs.METH_GET, url, skip_auto_headers=ADDED_BY_AIOHTTP, **through)


async def ask(
    connection: Connection,
    to: ClientRequest,
    headers: Mapping[str, str],
    body: bytes,
    *,
    keep: bool,
) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """POST; the head of the final answer, and the stream of what follows it.

    Raises ClientConnectionError when the connection ends, HttpProcessingError for what is not HTTP,
    and ValueError for a line break within a header of the request.
    """
    protocol = connection.protocol
    if protocol is None or protocol.transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    protocol.transport.writelines((_head(to, headers, len(body), keep=keep), body))
    while True:
        message, content = await protocol.read()
        if message.code >= FIRST_FINAL_STATUS or message.code == SWITCHING_PROTOCOLS:
            return message, content


def has_unsent(connection: Connection) -> bool:
    """Whether the answer came before the request was sent: the next one would wait behind it."""
    transport = connection.transport
    return transport is not None and transport.get_write_buffer_size() > 0


def _head(to: ClientRequest, headers: Mapping[str, str], length: int, *, keep: bool) -> bytes:
    # A proxy that is no tunnel has to be told whom to ask (RFC 9112 section 3.2.2).
    is_for_proxy = to.proxy is not None and not to.is_ssl()
    lines = [
        f"POST {to.url if is_for_proxy else to.url.raw_path_qs} HTTP/1.1",
        *[f"{name}: {value}" for name, value in to.headers.items()],
        *[f"{name}: {value}" for name, value in headers.items()],
        f"Content-Length: {length}",
    ]
    if not keep:
        lines.append("Connection: close")
    return head_of(lines)
