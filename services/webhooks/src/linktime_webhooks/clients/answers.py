"""What a receiver answered: read within bounds, kept as the bytes that came."""

import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.http import RawResponseMessage

MOST_RESPONSE_BYTES = 64 * 1024
KEPT_BODY_BYTES = 16 * 1024
KEPT_HEADERS_BYTES = 8 * 1024
MOST_RETRY_AFTER_SECONDS = 86_400.0


@dataclass(slots=True)
class Answer:
    """The head of a response, and as much of its body as came while it was read."""

    status: int
    retry_after: float | None
    headers: bytes
    body: bytes = b""

    @classmethod
    def of(cls, message: RawResponseMessage) -> "Answer":
        """The answer so far: the body is yet to be read."""
        lines = [name + b": " + value for name, value in message.raw_headers]
        return cls(
            status=message.code,
            retry_after=retry_after_seconds(message.headers.get("Retry-After")),
            headers=b"\r\n".join(lines)[:KEPT_HEADERS_BYTES],
        )

    @property
    def is_success(self) -> bool:
        """2xx, and nothing else."""
        return 200 <= self.status < 300  # noqa: PLR2004

    async def read_body(self, content: aiohttp.StreamReader) -> bool:
        """Read a short body, so that the connection can be kept; whether that was all of it."""
        left = MOST_RESPONSE_BYTES
        while left > 0 and (chunk := await content.read(left)):
            left -= len(chunk)
            if len(self.body) < KEPT_BODY_BYTES:
                self.body = (self.body + chunk)[:KEPT_BODY_BYTES]
        return left > 0


def retry_after_seconds(value: str | None) -> float | None:
    """Seconds to wait, a day at most, from either form of RFC 9110; None when unreadable."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), MOST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": UTC, from a place that does not say where it is
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - time.time(), 0), MOST_RETRY_AFTER_SECONDS)
