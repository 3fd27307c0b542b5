"""Contacts as CSV."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from linktime_common.ids import new_id
from linktime_contacts.domain import contact_csv
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.contact_csv import COLUMNS, MOST_ROWS, CsvRefused, CsvRow
from linktime_contacts.domain.meeting import NO_MEETINGS

NOW = datetime(2026, 3, 1, 14, tzinfo=UTC)
ZOE = Contact(
    id=new_id(),
    owner_id=new_id(),
    name="Zoë",
    email="zoe@example.com",
    version=1,
    created_at=NOW,
    updated_at=NOW,
)


def written(contact: Contact) -> dict[str, str]:
    """Return the cells of an exported contact by column."""
    text = contact_csv.header() + contact_csv.lines([(contact, NO_MEETINGS)])
    assert text.startswith("\ufeffname,")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert tuple(row) == COLUMNS
    return row


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\uff1d1",
        "=1'",
        "'=1",
        "''@",
        "'-1",
        "'\t+1",
    ],
)
def test_formulas_are_neutral_and_read_back(text: str) -> None:
    """A spreadsheet shows the text of a cell that begins with an apostrophe."""
    contact = replace(ZOE, name=text, notes=text)
    assert written(contact)["notes"] == f"'{text}"
    file = contact_csv.header() + contact_csv.lines([(contact, NO_MEETINGS)])
    (row,) = contact_csv.parse(file)
    assert row.values["notes"] == text.strip()


def test_texts_are_read_as_they_were_written() -> None:
    """Separators, quotes, line breaks, other scripts and an apostrophe."""
    fields = {"name": '\'Zoë, "Z"', "company": "日本; 中文", "notes": "a\r\n=b\n,c"}
    contact = replace(ZOE, **fields, phone="+4930123456")
    contact = replace(contact, other_emails=["a@b.example", "c@d.example"])
    assert written(contact)["otherEmails"] == "a@b.example; c@d.example"
    assert written(contact)["phone"] == "'+4930123456"
    file = contact_csv.header() + contact_csv.lines([(contact, NO_MEETINGS)] * 2)
    expected = {"email": ZOE.email, "phone": "+4930123456", **fields}
    assert contact_csv.parse(file) == [CsvRow(2, expected), CsvRow(5, expected)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_spreadsheets_are_read(delimiter: str, end: str) -> None:
    """In any order of columns, with others, blank lines and blank cells."""
    lines = [
        ["Email", "x", "NAME", "phone"],
        [],
        ["a@b.example", "1", " Ann ", ""],
        ["", "", "", ""],
    ]
    text = end.join(delimiter.join(line) for line in lines)
    assert contact_csv.parse(text) == [CsvRow(3, {"email": "a@b.example", "name": "Ann"})]


def test_a_row_with_more_cells_has_no_values() -> None:
    """A shorter one has blank cells."""
    long, short = contact_csv.parse("name,email\na,b,c\nd\n")
    assert (long.line, long.values, bool(long.problem)) == (2, {}, True)
    assert short == CsvRow(3, {"name": "d"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must name a column name"),
        ("name\nAnn", "must name a column email"),
        ("name,email,Email\n", "names the column email twice"),
        ('name,email\n"a,b', "Line 2 is not CSV"),
        ('name,email\n"a"b,c\n', "Line 2 is not CSV"),
        ("name,email\n" + "a,b\n" * (MOST_ROWS + 1), "At most 500 rows"),
        ("name,email\n" + "a" * 200_000, "is not CSV"),
    ],
)
def test_other_texts_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(CsvRefused, match=sentence):
        contact_csv.parse(text)
