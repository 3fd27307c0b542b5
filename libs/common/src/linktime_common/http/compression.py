"""gzip of answers for clients that accept it.

Answers that can have confidential data and text of another person together are not compressed: the
compressed length shows how similar the two are (BREACH, https://breachattack.com).
So an operation declares it, and nothing is compressed for a session, whose requests other sites
can cause.
"""

import asyncio
import zlib

from aiohttp import hdrs, web
from multidict import MultiMapping

GZIP = "gzip"
LEAST_BYTES = 1024  # less is sent in one packet anyway
# The fastest: slots of a week become a tenth at 2 microseconds a kilobyte, a quarter of level 6.
LEVEL = 1
WITH_GZIP_HEAD = 31
# More takes longer than a quarter of a millisecond, during which no other request would be served.
MOST_BYTES_AT_ONCE = 128 * 1024


def accepted_codings(headers: MultiMapping[str]) -> set[str]:
    """Return the codings that the lines of Accept-Encoding list, without those of quality 0."""
    lines = headers.getall(hdrs.ACCEPT_ENCODING, ())
    entries = (entry.partition(";") for entry in ",".join(lines).lower().split(","))
    return {
        coding.strip()
        for coding, _, weight in entries
        if weight.replace(" ", "").rstrip("0.") != "q="
    }


def gzip(body: bytes, level: int = LEVEL) -> bytes:
    """Return `body` compressed, without a time, so that the same body is always the same bytes."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, WITH_GZIP_HEAD)
    return compressor.compress(body) + compressor.flush()


async def compress(request: web.Request, response: web.Response, body: bytes) -> None:
    """Compress `body`, that of the response, if the client accepts it."""
    if GZIP not in accepted_codings(request.headers):
        return
    large = len(body) > MOST_BYTES_AT_ONCE
    response.body = await asyncio.to_thread(gzip, body) if large else gzip(body)
    response.headers[hdrs.CONTENT_ENCODING] = GZIP
