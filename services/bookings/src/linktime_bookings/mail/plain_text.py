"""What people typed, made fit for a header and for the body of a mail."""

import unicodedata

from linktime_bookings.mail.languages import Language
from linktime_common.shown_texts import MOST_OF_A_NAME, inert, one_line

__all__ = ["in_header", "inert", "isolated", "one_line"]

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

_ENCODED_WORD = "=?"

_WRITTEN_RTL = frozenset({"R", "AL", "AN"})


def in_header(text: str, most: int = MOST_OF_A_NAME) -> str:
    """Return `one_line` of the text without the start of an encoded word (RFC 2047).

    A name such as `=?utf-8?q?a=0D=0ABcc:?=` would be decoded by programs that read the header.
    """
    return one_line(text.replace(_ENCODED_WORD, "= ?"), most)


def isolated(text: str, language: Language) -> str:
    """Return the text so that its direction does not reorder the sentence around it."""
    if text and (language.is_rtl or _has_rtl(text)):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def _has_rtl(text: str) -> bool:
    if text.isascii():
        return False
    return any(unicodedata.bidirectional(one) in _WRITTEN_RTL for one in text)
