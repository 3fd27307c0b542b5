"""What a client still sends when its request is answered: RFC 9112 section 9.6.

A connection that is closed with unread bytes is reset, which can destroy the response before the
client has read it.
"""

import asyncio
import contextlib

from aiohttp import StreamReader, web

# A client that sends nothing for this long has the response, or sends nothing more.
QUIET_SECONDS = 2.0
MOST_SECONDS = 10.0


async def read_rest(body: StreamReader) -> None:
    """Read the rest of a body and drop it, until the client stops sending."""
    with contextlib.suppress(TimeoutError, web.RequestPayloadError):
        async with asyncio.timeout(MOST_SECONDS):
            while not body.is_eof():
                async with asyncio.timeout(QUIET_SECONDS):
                    await body.readany()
