"""gzip of answers for clients that accept it.

Answers that can have confidential data and text of another person together are not compressed: the
compressed length shows how similar the two are (BREACH, https://breachattack.com).
So an operation declares it, and nothing is compressed for a session, whose requests other sites
can cause.
"""

import asyncio
import zlib

from aiohttp import hdrs, web

GZIP = "gzip"
LEAST_BYTES = 1024  # less is sent in one packet anyway
# The fastest: slots of a week become a tenth at 2 microseconds a kilobyte, a quarter of level 6.
LEVEL = 1
WITH_GZIP_HEAD = 31
# More takes longer than a quarter of a millisecond, during which no other request would be served.
MOST_BYTES_AT_ONCE = 128 * 1024


def accepts_gzip(accepted: str | None) -> bool:
    """Return whether an Accept-Encoding header allows gzip."""
    for entry in (accepted or "").lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() == GZIP:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def gzip(body: bytes, level: int = LEVEL) -> bytes:
    """Return `body` compressed, without a time, so that the same body is always the same bytes."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, WITH_GZIP_HEAD)
    return compressor.compress(body) + compressor.flush()


async def compress(request: web.Request, response: web.Response, body: bytes) -> None:
    """Compress `body`, that of the response, if the client accepts it."""
    if not accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING)):
        return
    large = len(body) > MOST_BYTES_AT_ONCE
    response.body = await asyncio.to_thread(gzip, body) if large else gzip(body)
    response.headers[hdrs.CONTENT_ENCODING] = GZIP
