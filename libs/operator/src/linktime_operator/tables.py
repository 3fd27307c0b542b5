"""Tables: whole in a pipe or a file, cut to the width of a terminal."""

import re
import shutil
import sys
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

COLUMNS = 80
LEAST = 8
"""Columns of a terminal that a cut text keeps."""

GAP = "  "
INDENT = "    "
CUT = "…"
NOTHING = "–"

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
# Needed whole: ids and addresses are copied into the next command, and a part of an instant is
# another one.
_WHOLE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d( \d\d:\d\dZ)?|[^\s@]+@[^\s@]+"
)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Align columns to their longest text; nothing is cut, so that all can be copied."""
    return _joined(lines, _widths(lines))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, last_is_whole: bool) -> str:
    """Align columns below their head, each row in one line with all of its texts.

    On a terminal long texts, but no ids, addresses and instants, are cut to fit. If the last column
    is to be whole and has no room, its texts are in lines of their own, below their rows.
    """
    lines = [head, *([*map(_to_the_minute, row)] for row in rows)]
    if not sys.stdout.isatty() or _needed(_widths(lines)) <= _room():
        return aligned(lines)
    if last_is_whole:
        first = _fitted([line[:-1] for line in lines]).split("\n")
        last = [f"{INDENT}{line[-1]}" for line in lines]
        return "\n".join("\n".join(pair) for pair in zip(first, last, strict=True))
    return _fitted(lines)


def _to_the_minute(text: str) -> str:
    found = _INSTANT.fullmatch(text)
    return f"{found[1]} {found[2]}Z" if found else text


def _fitted(lines: Sequence[Sequence[str]]) -> str:
    """Align columns and cut texts below the first line, the widest column first."""
    widths = _widths(lines)
    cuttable = [
        number
        for number in range(len(widths))
        if not all(text == NOTHING or _WHOLE.fullmatch(text) for text in _column(lines[1:], number))
    ]
    while _needed(widths) > _room() and any(widths[number] > LEAST for number in cuttable):
        widest = max(cuttable, key=lambda number: widths[number])
        widths[widest] -= 1
    return _joined([[*map(_cut, line, widths)] for line in lines], widths)


def _room() -> int:
    return max(COLUMNS, shutil.get_terminal_size().columns)


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


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
