"""Changes some properties of an event that somebody else may have changed too.

The text is only divided into lines: no library reads it, as it comes from others. Lines that are
kept are kept as they are, with their folds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[:;])")
_SEQUENCE = re.compile(rb"\d{1,9}")
_BREAK = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]")


def unfolded(text: bytes) -> bytes:
    """Return the text with each folded line as one."""
    return _FOLD.sub(b"", text)


@dataclass(frozen=True)
class ContentLine:
    """A line as it is, perhaps folded; `name` is in capitals, `depth` that of its component."""

    text: bytes
    name: bytes
    depth: int

    @property
    def whole(self) -> bytes:
        return unfolded(self.text)

    @property
    def value(self) -> bytes:
        """What follows the first colon; the properties that are read here have no quotes."""
        return self.whole.partition(b":")[2].strip()


@dataclass(frozen=True)
class EventLines:
    """The lines of a calendar object, with one event of it: from BEGIN to END, both included."""

    lines: list[ContentLine]
    first: int
    last: int

    def own(self) -> list[ContentLine]:
        """Return the lines of the event itself, without those of its alarms."""
        depth = self.lines[self.first].depth
        return [one for one in self.lines[self.first : self.last + 1] if one.depth == depth]

    def line(self, name: bytes) -> ContentLine | None:
        return next((one for one in self.own() if one.name == name), None)

    def value(self, name: bytes) -> bytes:
        found = self.line(name)
        return found.value if found else b""

    @property
    def sequence(self) -> int:
        """Return the SEQUENCE; 0 without one that is a number."""
        text = self.value(b"SEQUENCE")
        return int(text) if _SEQUENCE.fullmatch(text) else 0

    def replaced(self, names: frozenset[bytes], lines: list[bytes]) -> bytes:
        """Return the object; in the event, the properties with these names become `lines`."""
        depth = self.lines[self.first].depth
        kept: list[bytes] = []
        for at, one in enumerate(self.lines):
            is_own = self.first < at < self.last and one.depth == depth
            if not (is_own and one.name in names):
                kept.append(one.text)
            if at == self.first:
                kept += lines
        return b"\r\n".join([*kept, b""])


def find_event(data: bytes, uid: str) -> EventLines | None:
    """Return the event with this UID, not a changed instance of it."""
    lines = list(_lines(data))
    first = None
    for at, one in enumerate(lines):
        if one.name == b"BEGIN" and one.value.upper() == b"VEVENT":
            first = at
        elif one.name == b"END" and one.value.upper() == b"VEVENT" and first is not None:
            found = EventLines(lines, first, at)
            if found.value(b"UID") == uid.encode() and found.line(b"RECURRENCE-ID") is None:
                return found
            first = None
    return None


def _lines(data: bytes) -> Iterator[ContentLine]:
    depth = 0
    for text in _folded(data):
        found = _NAME.match(text)
        name = found[0].upper() if found else b""
        depth += name == b"BEGIN"
        yield ContentLine(text, name, depth)
        depth -= name == b"END"


def _folded(data: bytes) -> Iterator[bytes]:
    """Yield each line together with its continuations."""
    parts: list[bytes] = []
    for line in _BREAK.split(data):
        if line[:1] in {b" ", b"\t"} and parts:
            parts.append(line)
        elif line:
            if parts:
                yield b"\r\n".join(parts)
            parts = [line]
    if parts:
        yield b"\r\n".join(parts)
