"""Splits raw iCalendar text into the lines that busy time depends on.

The libraries get only lines that were chosen here, one event or one time zone at a time. So a
broken event does not affect its neighbours, and what is checked is what they read. Nothing
recurses, and the time is proportional to the size.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z0-9-]+(?=[:;])")

EVENT_NAMES = frozenset(
    {
        *("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE"),
        *("UID", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "ATTENDEE"),
    }
)
ZONE_NAMES = frozenset(
    {"TZID", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE", "TZNAME"}
)
_DEEPEST = 16
_LONGEST_LINE = 200_000
"""The line of as many EXDATEs as are read is shorter. The library is slow with long lines."""


class TooManyEvents(Exception):
    """The body has more events than are read."""


@dataclass(slots=True)
class Block:
    """The lines of one VEVENT or VTIMEZONE that are read, each with its name in capitals."""

    kind: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    """The components in it that are open."""
    complete: bool = False
    broken: bool = False
    """Whether it is nested too deep or has a line that is too long."""

    def of(self, name: str) -> list[str]:
        """Return the lines of a property."""
        return [line for one, line in self.lines if one == name]

    def value(self, name: str) -> str:
        """Return the first value of a property, without blanks around it; empty without one."""
        for one, line in self.lines:
            if one == name:
                return value_of(line).strip()
        return ""

    def has(self, *names: str) -> bool:
        """Whether it has any of the properties."""
        return any(one in names for one, _ in self.lines)

    @property
    def recurs(self) -> bool:
        """Whether its time does not follow from its start and end alone."""
        return self.has("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")

    def text(self, *without: str) -> str:
        """Return it as iCalendar text, without some properties."""
        kept = [line for name, line in self.lines if name not in without]
        return "\r\n".join([f"BEGIN:{self.kind}", *kept, f"END:{self.kind}", ""])


@dataclass(slots=True)
class CalendarText:
    """One VCALENDAR."""

    zones: list[Block] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)
    gregorian: bool = True
    complete: bool = False
    open_block: Block | None = None

    def add(self, name: str, line: str, kind: str) -> None:
        """Add a line to the block that it belongs to; `kind` is the component of BEGIN and END."""
        block = self.open_block
        if name == "BEGIN" and kind in {"VEVENT", "VTIMEZONE"}:
            # One that is still open never ended, so it stays incomplete.
            self.open_block = Block(kind)
            (self.events if kind == "VEVENT" else self.zones).append(self.open_block)
        elif block is not None and name == "END" and kind == block.kind:
            block.complete = True
            self.open_block = None
        elif block is not None and name == "BEGIN":
            _begin_inner(block, line, kind)
        elif block is not None and name == "END":
            _end_inner(block, line, kind)
        elif block is not None:
            _add_property(block, name, line)
        elif name == "CALSCALE":
            self.gregorian = value_of(line).strip().upper() == "GREGORIAN"


def _begin_inner(block: Block, line: str, kind: str) -> None:
    if len(block.inner) == _DEEPEST:
        block.broken = True
        return
    block.inner.append(kind)
    if _in_rule_of_zone(block):
        block.lines.append(("BEGIN", line))


def _end_inner(block: Block, line: str, kind: str) -> None:
    """End a component and what is open in it; one that was never begun is ignored."""
    if kind not in block.inner:
        return
    del block.inner[block.inner.index(kind) + 1 :]
    if _in_rule_of_zone(block):
        block.lines.append(("END", line))
    block.inner.pop()


def _add_property(block: Block, name: str, line: str) -> None:
    """Add a property that is read. An alarm of an event has a start, too, so it is left out."""
    if block.kind == "VEVENT":
        is_read = name in EVENT_NAMES and not block.inner
    else:
        is_read = name in ZONE_NAMES and (not block.inner or _in_rule_of_zone(block))
    if is_read and len(line) > _LONGEST_LINE:
        block.broken = True
    elif is_read:
        block.lines.append((name, line))


def _in_rule_of_zone(block: Block) -> bool:
    return block.kind == "VTIMEZONE" and block.inner in (["STANDARD"], ["DAYLIGHT"])


def value_of(line: str) -> str:
    """Return what follows the first colon outside of quotes."""
    if '"' not in line:
        return line.partition(":")[2]
    quoted = False
    for at, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return line[at + 1 :]
    return ""


def split(data: bytes, most_events: int) -> list[CalendarText]:
    """Return the calendars of a body, in their order; raises TooManyEvents."""
    calendars: list[CalendarText] = []
    events = 0
    for name, line in _lines(data):
        kind = value_of(line).strip().upper() if name in {"BEGIN", "END"} else ""
        if kind == "VCALENDAR":
            if name == "BEGIN":
                calendars.append(CalendarText())
            elif calendars:
                calendars[-1].open_block = None
                calendars[-1].complete = True
        elif calendars:
            calendars[-1].add(name, line, kind)
            events += name == "BEGIN" and kind == "VEVENT"
            if events > most_events:
                raise TooManyEvents
    return calendars


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield unfolded lines that begin with a property's name, with that name in capitals."""
    for line in _unfolded(data.decode("utf-8-sig", "replace")):
        if found := _NAME.match(line):
            yield found[0].upper(), line


def _unfolded(text: str) -> Iterator[str]:
    """Yield lines joined with those that begin with a blank; empty lines between do not count.

    Neither by a regular expression nor by a list of lines: each needs 50 octets for an empty line.
    """
    parts: list[str] = []
    for ended in io.StringIO(text, newline="\n"):
        line = ended.removesuffix("\n").removesuffix("\r")
        if line[:1] in {" ", "\t"} and parts:
            parts.append(line[1:])
        elif line:
            yield "".join(parts)
            parts = [line]
    yield "".join(parts)
