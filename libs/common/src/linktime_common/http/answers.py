"""A subscriber's response: read within limits, kept as raw bytes."""

import re
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

MOST_HEAD_BYTES = 64 * 1024  # interim responses included
MOST_RESPONSE_BYTES = 64 * 1024  # of the body
MOST_INTERIM_ANSWERS = 20
KEPT_BODY_BYTES = 16 * 1024
KEPT_HEADERS_BYTES = 8 * 1024
MOST_RETRY_AFTER_SECONDS = 86_400.0
MOST_RETRY_AFTER_CHARACTERS = 100
REQUEST_TIMEOUT = 408
WITHOUT_BODY = frozenset({204, 304})
SWITCHING_PROTOCOLS = 101
FIRST_STATUS = 100
FIRST_FINAL_STATUS = 200

_RETRY_AFTER = re.compile(rb"(?im)^retry-after[ \t]*:([^\n]*)")


@dataclass(slots=True)
class SubscriberResponse:
    """The head of a response, and as much of its body as was read and kept."""

    status: int
    retry_after: float | None
    headers: bytes
    body: bytes = b""
    has_more: bool = False
    is_whole: bool = False

    @classmethod
    def of(cls, status: int, headers: bytes) -> "SubscriberResponse":
        """Return a response without a body yet. `headers` are lines of `name: value`."""
        return cls(
            status=status,
            retry_after=None if _is_success(status) else _retry_after(headers),
            headers=headers[:KEPT_HEADERS_BYTES],
        )

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return _is_success(self.status)

    @property
    def is_truncated(self) -> bool:
        """Whether the body was longer than what was kept, or ended early."""
        return self.has_more or not self.is_whole

    def add(self, body: bytes) -> None:
        """Append bytes to the body, up to the limit."""
        room = KEPT_BODY_BYTES - len(self.body)
        self.has_more = self.has_more or len(body) > room
        self.body += body[:room]


def is_interim(status: int) -> bool:
    """Whether the status is 1xx except 101, so that another response follows."""
    return status < FIRST_FINAL_STATUS and status != SWITCHING_PROTOCOLS


def retry_after_seconds(value: str | None) -> float | None:
    """Parse either form of RFC 9110, a day at most; None when invalid."""
    if value is None or len(value) > MOST_RETRY_AFTER_CHARACTERS:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), MOST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": UTC, without a known local offset
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - time.time(), 0), MOST_RETRY_AFTER_SECONDS)


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004


def _retry_after(headers: bytes) -> float | None:
    found = _RETRY_AFTER.search(headers)
    return retry_after_seconds(found[1].strip().decode("latin-1")) if found else None
