"""What people typed, made fit for mails and calendars."""

import re
import unicodedata

MOST_OF_A_NAME = 100
"""Characters of a name or title that a mail shows; stored names can be longer."""

ELLIPSIS = "…"
ZERO_WIDTH_SPACE = "\u200b"

# The dot of a host name and the colon of a scheme.
_LINKED = re.compile(r"(?<=\w)(?=\.[^\W\d_]|://)")
# Control characters, line and paragraph separators, surrogates.
_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINED = frozenset({"Mn", "Me", "Mc", "Cf", "Sk"})


def one_line(text: str, most: int = MOST_OF_A_NAME) -> str:
    """Return at most `most` characters of the text on one line, without control characters."""
    words = " ".join(_without_breaks(text).split())
    if len(words) <= most:
        return words
    end = most - len(ELLIPSIS)
    # An accent, a skin tone or half of a joined emoji is not cut off.
    while end > 1 and (_is_joined(words[end]) or _is_joined(words[end - 1])):
        end -= 1
    return words[:end].rstrip() + ELLIPSIS


def inert(text: str) -> str:
    """Return the text so that no mail program makes a link of a part of it.

    Programs make links of `https://…`, `www.…` and `name.tld`, also in plain text. An invisible
    character before the dot or the colon ends that, and lets a long address wrap.
    """
    return _LINKED.sub(ZERO_WIDTH_SPACE, text)


def _without_breaks(text: str) -> str:
    if text.isascii() and text.isprintable():  # most texts, and much faster
        return text
    return "".join(" " if _breaks_a_line(character) else character for character in text)


def _breaks_a_line(character: str) -> bool:
    return character in _OVERRIDES or unicodedata.category(character) in _NOT_IN_A_LINE


def _is_joined(character: str) -> bool:
    return unicodedata.category(character) in _JOINED
