"""The protocol that a request line names.

The parser also accepts `GET / RTSP/1.0` and `GET / ICE/1.0`, with the version 1.0, and does not
return the name.
"""

from collections.abc import MutableSequence
from typing import Any

from aiohttp import HttpVersion
from aiohttp.http_parser import RawRequestMessage

HTTP = (b" HTTP/1.1", b" HTTP/1.0")
OTHERS = (b"RTSP/", b"ICE/")
"""All others that the parser accepts."""

NOT_HTTP = HttpVersion(0, 0)
"""The version that a request of another protocol gets."""

_LINE_END = b"\r\n"
_LENGTH = len(HTTP[0])


def begins_as_http(piece: bytes) -> bool:
    """Whether the piece begins with a whole request line of HTTP, as nearly all heads do."""
    end = piece.find(b"\r")  # of one byte: half the time
    return end > _LENGTH and piece.startswith(HTTP, end - _LENGTH)


def mark_others(messages: MutableSequence[tuple[Any, Any]], known: int, received: bytes) -> None:
    """Replace the version of requests that are not HTTP; the first `known` are not new."""
    for at in range(known, len(messages)):
        message, body = messages[at]
        if isinstance(message, RawRequestMessage) and _names_another(received, message):
            messages[at] = message._replace(version=NOT_HTTP), body


def _names_another(received: bytes, message: RawRequestMessage) -> bool:
    asked = [message.method.encode(), message.path.encode("utf-8", "surrogateescape")]
    lines = (line.split() for line in received.splitlines())
    return any(line[:2] == asked and line[-1].startswith(OTHERS) for line in lines)


def first_line(received: bytes) -> bytes:
    """Return the first line of an incomplete head, as far as it was received."""
    line, end, _fields = received.lstrip(_LINE_END).partition(_LINE_END)
    return line + end
