"""Frames between the parent and its child: a length of four octets, then that many octets."""

import json
import struct
from typing import Any, BinaryIO
from uuid import UUID

_LENGTH = struct.Struct(">I")

EXIT_MEMORY = 12
"""The child's status after MemoryError."""


def frame(content: bytes) -> bytes:
    """Return a content with its length before it."""
    return _LENGTH.pack(len(content)) + content


def json_frame(value: Any) -> bytes:
    """Return a frame of JSON."""
    return frame(json.dumps(value).encode())


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next content, or None at the end."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    content = stream.read(_LENGTH.unpack(length)[0])
    return content if len(content) == _LENGTH.unpack(length)[0] else None


def line(value: Any) -> bytes:
    """Return an answer of the child: one line of JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_id)
    return text.encode() + b"\n"


def _id(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
