"""Contacts as CSV (RFC 4180), for spreadsheets.

A cell that a spreadsheet would run as a formula begins with an apostrophe in what is written, and
loses it when it is read.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.meeting import MeetingFigures

FIELDS = ("name", "email", "phone", "company", "notes")
"""The columns that are read; others are ignored."""

COLUMNS = (
    *FIELDS,
    "otherEmails",
    "otherPhones",
    "meetingCount",
    "lastMeetingAt",
    "createdAt",
    "updatedAt",
    "id",
)
REQUIRED = ("name", "email")
MOST_ROWS = 500

_BOM = "\ufeff"
"""Without it spreadsheets read the text in an old encoding."""

_DELIMITERS = ",;\t"
_APOSTROPHE = "'"
# Also in full width; a tab and a line break are skipped by spreadsheets.
_BEGINS_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class CsvRefused(ValueError):
    """The text cannot be read; the message names the line."""


@dataclass(frozen=True)
class CsvRow:
    """A line with the values of its cells that are not blank; `problem` is why it has none."""

    line: int
    values: Mapping[str, str]
    problem: str | None = None


def header() -> str:
    """Return the beginning of a file."""
    return _BOM + _line(COLUMNS)


def lines(listed: Iterable[tuple[Contact, MeetingFigures]]) -> str:
    """Return a line for each contact."""
    return "".join(_line(_cells(contact, figures)) for contact, figures in listed)


def parse(text: str) -> list[CsvRow]:
    """Return the rows below the first line, which names the columns in any letter case.

    Cells are separated by commas, semicolons or tabs. Raises CsvRefused.
    """
    text = text.removeprefix(_BOM)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        for name in REQUIRED:
            if name not in names:
                raise CsvRefused(f"The first line must name a column {name}")
        for name in FIELDS:
            if names.count(name) > 1:
                raise CsvRefused(f"The first line names the column {name} twice")
        rows: list[CsvRow] = []
        for row in _rows(reader, names):
            if len(rows) == MOST_ROWS:
                raise CsvRefused(f"At most {MOST_ROWS} rows at a time, please split the file")
            rows.append(row)
    except csv.Error as error:
        raise CsvRefused(f"Line {reader.line_num} is not CSV: {error}") from error
    return rows


def _rows(reader: Any, names: list[str]) -> Iterator[CsvRow]:
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            yield CsvRow(line, {}, "Has more cells than the first line")
            continue
        found = dict(zip(names, map(_read, cells), strict=False))
        yield CsvRow(line, {name: found[name] for name in FIELDS if found.get(name)})


def _cells(contact: Contact, figures: MeetingFigures) -> list[str]:
    state = contact.state(figures).model_dump(mode="json")
    others = {
        "otherEmails": "; ".join(contact.other_emails),
        "otherPhones": "; ".join(contact.other_phones),
    }
    values = state | others
    return ["" if values[name] is None else str(values[name]) for name in COLUMNS]


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(map(_neutral, cells))
    return written.getvalue()


def _neutral(cell: str) -> str:
    return _APOSTROPHE + cell if _is_neutral_or_formula(cell) else cell


def _read(cell: str) -> str:
    is_neutral = cell.startswith(_APOSTROPHE) and _is_neutral_or_formula(cell)
    return (cell.removeprefix(_APOSTROPHE) if is_neutral else cell).strip()


def _is_neutral_or_formula(cell: str) -> bool:
    # A text with an apostrophe of its own gets another one, so that it keeps its own when read.
    return cell.lstrip(_APOSTROPHE).startswith(_BEGINS_FORMULA)
