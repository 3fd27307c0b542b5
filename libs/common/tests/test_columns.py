"""Tests of `Columns`."""

from dataclasses import dataclass

import pytest

from linktime_common.columns import ArrayColumns, Columns

CONTACT = Columns("id", "name", email="email_address")


@dataclass
class Contact:
    id: int
    name: str
    email: str


def test_parts_of_statements() -> None:
    """Names, placeholders and assignments have one order."""
    assert str(CONTACT) == "id, name, email_address"
    assert CONTACT.qualified("c") == "c.id, c.name, c.email_address"
    assert CONTACT.placeholders() == "$1, $2, $3"
    assert CONTACT.placeholders(first=4) == "$4, $5, $6"
    assert CONTACT.assignments(first=2) == "id = $2, name = $3, email_address = $4"
    assert CONTACT.assignments_from("excluded") == (
        "id = excluded.id, name = excluded.name, email_address = excluded.email_address"
    )
    assert CONTACT.assignments_of("NULL") == "id = NULL, name = NULL, email_address = NULL"


def test_an_object_goes_into_a_row_and_comes_back() -> None:
    """A column may have another name than its field; a row may have more columns."""
    contact = Contact(1, "Ann", "ann@example.com")
    values = CONTACT.values(contact)
    assert values == [1, "Ann", "ann@example.com"]
    row = {"total": 7} | dict(zip(str(CONTACT).split(", "), values, strict=True))
    assert Contact(**CONTACT.fields(row)) == contact


def test_some_of_the_columns() -> None:
    """Omitted columns are in no part, and fields keep their names."""
    changing = CONTACT.without("id")
    assert changing.assignments(first=2) == "name = $2, email_address = $3"
    assert changing.values(Contact(1, "Ann", "a@b.c")) == ["Ann", "a@b.c"]
    with pytest.raises(ValueError, match="Not among the columns: phone"):
        CONTACT.without("phone")


def test_columns_of_several_objects() -> None:
    """Two objects may share field names, but not column names."""
    meeting = Columns(id="meeting_id")
    assert str(CONTACT + meeting) == "id, name, email_address, meeting_id"
    with pytest.raises(ValueError, match="named twice"):
        CONTACT + CONTACT


def test_arrays_for_many_rows() -> None:
    """One array for each column, with its type."""
    rows = ArrayColumns(id="uuid", name="text")
    assert str(rows) == "id, name"
    assert rows.arrays() == "$1::uuid[], $2::text[]"
    assert rows.arrays(first=3) == "$3::uuid[], $4::text[]"
