"""Reads the body of a request of the public port."""

import asyncio

from aiohttp import HttpVersion11, hdrs, web

from linktime_common.http.bodies import MOST_BYTES
from linktime_common.http.errors import SENTENCES

BODY_SECONDS = 10.0
# The unread rest of the body may follow on the connection, which is closed.
BODY_NOT_READ = (
    web.HTTPRequestEntityTooLarge,
    web.HTTPRequestHeaderFieldsTooLarge,
    web.HTTPRequestTimeout,
    web.RequestPayloadError,
)
IDENTITY = "identity"  # the Content-Encoding of an unencoded body


async def read_body(request: web.BaseRequest) -> bytes:
    """Read the whole body, so that a slow client does not occupy a service.

    Raises HTTPUnsupportedMediaType, HTTPRequestEntityTooLarge, HTTPRequestTimeout and
    RequestPayloadError.
    """
    codings = ",".join(request.headers.getall(hdrs.CONTENT_ENCODING, (IDENTITY,)))
    if any(coding.strip().lower() != IDENTITY for coding in codings.split(",")):
        raise web.HTTPUnsupportedMediaType(
            reason="Send the body without Content-Encoding",
            headers={hdrs.ACCEPT_ENCODING: IDENTITY},
        )
    declared = request.content_length or 0
    if declared > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, declared)
    if request.version >= HttpVersion11 and hdrs.EXPECT in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response has not started
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=SENTENCES[408]) from error
