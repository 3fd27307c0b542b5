"""Tables fit into 80 columns."""

from uuid import UUID

import pytest
from rich.cells import cell_len

from linktime_operator.output import show_list, show_page

ID = str(UUID(int=7))
LONG = "A description that does not fit next to others in a line of a terminal"


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the printed lines."""
    return capsys.readouterr().out.splitlines()


def test_long_values_are_cut_and_ids_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """The longest ones first; short ones stay."""
    rows = [{"id": ID, "name": LONG, "url": LONG, "active": True}]
    show_list(rows, ("id", "name", "url", "active"), as_json=False)
    head, line = shown(capsys)
    assert head.split() == ["id", "name", "url", "active"]
    assert len(line) <= 80
    assert line.startswith(f"{ID}  A description")
    assert line.count("…") == 2
    assert line.endswith("  yes")


def test_values_that_fit_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is cut without need, and JSON never."""
    rows = [{"id": ID, "email": "ann@example.com"}]
    show_list(rows, ("id", "email"), as_json=False)
    assert shown(capsys)[1] == f"{ID}  ann@example.com"
    show_list([{"id": ID, "name": LONG * 2}], ("id", "name"), as_json=True)
    assert LONG * 2 in shown(capsys)[0]


def test_instants_are_shown_to_the_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """They are not cut: a part of an instant would be another one."""
    rows = [{"id": ID, "startTime": "2026-03-01T14:00:00.000Z", "name": LONG}]
    show_list(rows, ("id", "startTime", "name"), as_json=False)
    line = shown(capsys)[1]
    assert line.startswith(f"{ID}  2026-03-01 14:00Z  A descr")
    assert len(line) == 80


def test_wide_letters_count_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """As on a terminal; columns stay aligned."""
    rows = [{"name": "日本語の会議" * 8, "slug": "a"}, {"name": "x", "slug": "b"}]
    show_list(rows, ("name", "slug"), as_json=False)
    _head, wide, narrow = shown(capsys)
    assert cell_len(wide) <= 80
    assert cell_len(wide.removesuffix("a")) == cell_len(narrow.removesuffix("b"))


def test_a_page_says_which_one_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, if there are several."""
    page = {"data": [{"id": ID}], "pagination": {"page": 2, "totalPages": 3}}
    show_page(page, ("id",), as_json=False)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["id", ID]
    assert printed.err == "page 2 of 3\n"
    show_page(page, ("id",), as_json=True)
    assert "totalPages" in capsys.readouterr().out
