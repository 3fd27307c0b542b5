"""One request and the beginning of its answer, on a connection that aiohttp's connector opened.

Connector, TLS, parser and its limits are aiohttp's. Its ClientSession is left out: cookies,
redirects, middlewares and a task for each body took more than half of the processor time of a
delivery, for what no delivery uses.
"""

import aiohttp
from aiohttp import hdrs
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage

SWITCHING_PROTOCOLS = 101
FIRST_FINAL_STATUS = 200


async def ask(
    connection: Connection, request: ClientRequest, body: bytes, *, keep: bool
) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Send; the head of the final answer, and the stream of what follows it.

    Raises ClientConnectionError when the connection ends, HttpProcessingError for what is not HTTP,
    and ValueError for a line break within a header of the request.
    """
    protocol = connection.protocol
    if protocol is None or protocol.transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    protocol.transport.writelines((_head(request, keep=keep), body))
    while True:
        message, content = await protocol.read()
        if message.code >= FIRST_FINAL_STATUS or message.code == SWITCHING_PROTOCOLS:
            return message, content


def _head(request: ClientRequest, *, keep: bool) -> bytes:
    # A proxy that is no tunnel has to be told whom to ask (RFC 9112 section 3.2.2).
    is_for_proxy = request.proxy is not None and not request.is_ssl()
    target = str(request.url) if is_for_proxy else request.url.raw_path_qs
    lines = [
        f"{request.method} {target} HTTP/1.1",
        *[f"{name}: {value}" for name, value in request.headers.items()],
    ]
    if not keep:
        lines.append(f"{hdrs.CONNECTION}: close")
    head = "\r\n".join(lines)
    # A value with a line break in it would begin a header of its owner's making.
    if not head.count("\r") == head.count("\n") == len(lines) - 1:
        raise ValueError("a line break in the head of a request")
    return f"{head}\r\n\r\n".encode()
