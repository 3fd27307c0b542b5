"""Two kinds of text in requests: one line, such as names, and several, such as notes.

Neither may contain control characters that affect how the text is displayed. A name with a line
break can add a header to a mail, one with a bidirectional override is displayed as another name.
"""

import re
import unicodedata

NOT_ONE_LINE = "Must be one line without control characters"
NOT_VISIBLE = "Must have a visible character"
NOT_PLAIN = "Must have no control characters other than line breaks and tabs"

# Category Cc, the bidirectional embeddings, overrides and isolates, and surrogates, which UTF-8
# cannot encode. Tab, line feed, carriage return and line separators are added below.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")
_IN_NO_TEXT = re.compile(f"[{_CONTROLS}]")
_IN_NO_LINE = re.compile(rf"[{_CONTROLS}\t\n\r\u2028\u2029]")

# Separators, format characters such as the zero-width ones, and combining marks.
_UNSEEN_CATEGORIES = frozenset({"Zs", "Cf", "Mn", "Me"})
# Letters and a symbol by category, yet invisible: Hangul fillers, blank braille.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def problem_of_line(text: str) -> str | None:
    """Return why the text is not a valid single line, as a sentence; None if it is valid.

    Joiners, direction marks and other format characters are parts of words, so they are allowed
    beside visible ones. Empty and blank texts are left to the length limits.
    """
    if _IN_NO_LINE.search(text):
        return NOT_ONE_LINE
    if text.strip() and not any(map(_is_seen, text)):
        return NOT_VISIBLE
    return None


def problem_of_lines(text: str) -> str | None:
    """Return why the text is not valid as several lines, as a sentence; None if it is valid."""
    return NOT_PLAIN if _IN_NO_TEXT.search(text) else None


def escaped(text: str) -> str:
    """Return the text as one line for a terminal, with control characters as `\\u001b`."""
    return _IN_NO_LINE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def storable(text: str) -> str:
    """Return the text without what PostgreSQL cannot store: NUL and surrogates."""
    return _NOT_STORED.sub("", text)


def _is_seen(character: str) -> bool:
    if character in _UNSEEN:
        return False
    return unicodedata.category(character) not in _UNSEEN_CATEGORIES
