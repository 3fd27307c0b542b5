"""The two kinds of text that requests carry: one line, as in names, and several, as in notes.

Neither may have characters that act on whatever shows the text instead of being shown. A name with
a line break can add a header to a mail, one with a bidirectional override reads as another name.
"""

import re
import unicodedata

NOT_ONE_LINE = "Must be one line without control characters"
NOT_VISIBLE = "Must have a visible character"
NOT_PLAIN = "Must have no control characters other than line breaks and tabs"

# Category Cc, the bidirectional embeddings, overrides and isolates, and halves of characters, which
# UTF-8 cannot carry. Tab, line feed, carriage return and the separators of lines are added below.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")
_IN_NO_TEXT = re.compile(f"[{_CONTROLS}]")
_IN_NO_LINE = re.compile(rf"[{_CONTROLS}\t\n\r\u2028\u2029]")

# Separators, format characters such as the zero-width ones, and marks, which need a letter.
_UNSEEN_CATEGORIES = frozenset({"Zs", "Cf", "Mn", "Me"})
# Letters and a symbol by their category, yet shown as nothing: fillers of Hangul, blank braille.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def problem_of_line(text: str) -> str | None:
    """Why the text is no good line, as a sentence; None if it is one.

    Joiners, marks of direction and other format characters are parts of words, so they are allowed
    beside what can be seen. An empty or blank text is left to the limits of its length.
    """
    if _IN_NO_LINE.search(text):
        return NOT_ONE_LINE
    if text.strip() and not any(map(_is_seen, text)):
        return NOT_VISIBLE
    return None


def problem_of_lines(text: str) -> str | None:
    """Why the text is no good text of several lines, as a sentence; None if it is one."""
    return NOT_PLAIN if _IN_NO_TEXT.search(text) else None


def escaped(text: str) -> str:
    """The text as one line for a terminal: what would act on it is written as `\\u001b`."""
    return _IN_NO_LINE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep: NUL, and halves of characters."""
    return _NOT_STORED.sub("", text)


def _is_seen(character: str) -> bool:
    if character in _UNSEEN:
        return False
    return unicodedata.category(character) not in _UNSEEN_CATEGORIES
