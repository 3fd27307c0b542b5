"""Reading a body within a limit, counted after decompression."""

import zlib

import aiohttp
from aiohttp.hdrs import CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING

from linktime_common.egress.errors import AnswerTooLarge, failure_of
from linktime_common.egress.reasons import FailureReason
from linktime_common.http.answers import WITHOUT_BODY

IDENTITY = frozenset({"", "identity"})
GZIP = frozenset({"gzip", "x-gzip"})
GZIP_WINDOW = 16 + zlib.MAX_WBITS


async def read_body(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """Return the decompressed body; raises AnswerTooLarge and AnswerUnreadable.

    The response must be raw: aiohttp would decompress without counting.
    """
    coding = response.headers.get(CONTENT_ENCODING, "").strip().lower()
    if coding not in IDENTITY | GZIP:
        raise failure_of(FailureReason.UNREADABLE_ANSWER)
    if (response.content_length or 0) > most_bytes:
        raise AnswerTooLarge
    body = bytearray()
    unzip = _Unzip() if coding in GZIP else None
    async for piece in response.content.iter_any():
        # What is compressed is counted, too: it may decompress to nothing, endlessly.
        plain = unzip.add(piece, most_bytes - len(body)) if unzip else piece
        body += plain
        if len(body) > most_bytes or (unzip and unzip.count > most_bytes):
            raise AnswerTooLarge
    if unzip:
        unzip.end()
    return bytes(body)


def ends_with_connection(response: aiohttp.ClientResponse) -> bool:
    """Return whether nothing but the end of the connection ends the body."""
    headers = response.headers
    is_framed = CONTENT_LENGTH in headers or TRANSFER_ENCODING in headers
    return not is_framed and response.status not in WITHOUT_BODY


class _Unzip:
    """Decompresses one gzip stream; bytes after its end are an error."""

    def __init__(self) -> None:
        self.count = 0  # compressed bytes
        self._stream = zlib.decompressobj(GZIP_WINDOW)

    def add(self, data: bytes, room: int) -> bytes:
        """Return what `data` decompresses to, at most one byte more than `room`."""
        self.count += len(data)
        try:
            plain = self._stream.decompress(data, room + 1)
        except zlib.error:
            raise failure_of(FailureReason.UNREADABLE_ANSWER) from None
        if self._stream.unused_data:
            raise failure_of(FailureReason.UNREADABLE_ANSWER)
        return plain

    def end(self) -> None:
        """Check that the stream is complete; no bytes at all are an empty body."""
        if self.count and not self._stream.eof:
            raise failure_of(FailureReason.UNREADABLE_ANSWER)
