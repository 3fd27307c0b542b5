"""Encodes bytes from a receiver, which may be anything, for JSON."""

import codecs
import unicodedata
from base64 import b64encode
from typing import Literal

Encoding = Literal["text", "base64"]

_READABLE_CONTROLS = frozenset("\t\n\r")


def shown(received: bytes, *, cut_at: int) -> tuple[Encoding, str]:
    """Return UTF-8 without control characters as text, anything else as base64.

    A character that the cut at `cut_at` bytes split is left out.
    """
    is_whole = len(received) < cut_at
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(received, final=is_whole)
    except UnicodeDecodeError:
        return "base64", b64encode(received).decode()
    if any(_is_trouble(character) for character in text):
        return "base64", b64encode(received).decode()
    return "text", text


def _is_trouble(character: str) -> bool:
    # Terminals interpret control characters; the dashboard would show none of them.
    return character not in _READABLE_CONTROLS and unicodedata.category(character) == "Cc"
