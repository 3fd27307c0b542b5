"""Tables that fit into 80 columns; a wider terminal shows more."""

import re
import shutil
import sys
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

COLUMNS = 80
GAP = "  "
CUT = "…"
NOTHING = "–"

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
# Needed whole: an id is copied into the next command, and a part of an instant is another one.
_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d( \d\d:\d\dZ)?")


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Align columns to their longest text; nothing is cut, so that all can be copied."""
    return _joined(lines, _widths(lines))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns below their head; long texts, but no ids and instants, are cut to fit."""
    shown = [[*map(_to_the_minute, row)] for row in rows]
    lines = [head, *shown]
    widths = _widths(lines)
    cuttable = [
        number
        for number in range(len(head))
        if not all(text == NOTHING or _WHOLE.fullmatch(text) for text in _column(shown, number))
    ]
    room = _room() - len(GAP) * (len(head) - 1)
    while sum(widths) > room and any(widths[number] > 1 for number in cuttable):
        widest = max(cuttable, key=lambda number: widths[number])
        widths[widest] -= 1
    return _joined([[*map(_cut, line, widths)] for line in lines], widths)


def _to_the_minute(text: str) -> str:
    found = _INSTANT.fullmatch(text)
    return f"{found[1]} {found[2]}Z" if found else text


def _room() -> int:
    return max(COLUMNS, shutil.get_terminal_size().columns if sys.stdout.isatty() else 0)


def _column(lines: Sequence[Sequence[str]], number: int) -> list[str]:
    return [line[number] for line in lines]


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, _column(lines, number))) for number in range(len(lines[0]))]


def _cut(text: str, width: int) -> str:
    # Letters of some scripts take two columns.
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + CUT


def _joined(lines: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    return "\n".join(
        GAP.join(
            text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
