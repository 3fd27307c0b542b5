"""Tables are whole in a pipe, and fit into the width of a terminal."""

import sys
from uuid import UUID

import pytest
from rich.cells import cell_len

from linktime_common.contracts.events import EVENTS
from linktime_operator.commands import reconcile, repair
from linktime_operator.operations.dead_letters import CONSUMERS
from linktime_operator.operations.reconciling import ACTIONS
from linktime_operator.output import show_list, show_page

ID = str(UUID(int=7))
LONG = "A description that does not fit next to others in a line of a terminal"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Let standard output be a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _stream: True)


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the printed lines."""
    return capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("terminal")
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


@pytest.mark.usefixtures("terminal")
def test_instants_are_shown_to_the_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """They are not cut: a part of an instant would be another one."""
    rows = [{"id": ID, "startTime": "2026-03-01T14:00:00.000Z", "name": LONG}]
    show_list(rows, ("id", "startTime", "name"), as_json=False)
    line = shown(capsys)[1]
    assert line.startswith(f"{ID}  2026-03-01 14:00Z  A descr")
    assert len(line) == 80


@pytest.mark.usefixtures("terminal")
def test_wide_letters_count_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """As on a terminal; columns stay aligned."""
    rows = [{"name": "日本語の会議" * 8, "slug": "a"}, {"name": "x", "slug": "b"}]
    show_list(rows, ("name", "slug"), as_json=False)
    _head, wide, narrow = shown(capsys)
    assert cell_len(wide) <= 80
    assert cell_len(wide.removesuffix("a")) == cell_len(narrow.removesuffix("b"))


def test_a_pipe_gets_all_of_each_row_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read it, and mails of cron."""
    rows = [{"id": ID, "name": LONG, "url": LONG * 2, "reason": LONG}]
    show_list(rows, ("id", "name", "url", "reason"), as_json=False, last_is_whole=True)
    assert shown(capsys)[1] == f"{ID}  {LONG}  {LONG * 2}  {LONG}"


@pytest.mark.usefixtures("terminal")
def test_addresses_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands take a user's address."""
    email = "somebody.with.a.long.name@mail.example.com"
    show_list([{"name": LONG, "email": email}], ("name", "email"), as_json=False)
    line = shown(capsys)[1]
    assert len(line) == 80
    assert line.endswith(f"…  {email}")


@pytest.mark.usefixtures("terminal")
def test_differences_are_whole_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What differs and what would be done: together they decide about `--yes`."""
    rows = [
        {"kind": kind, "count": 12_345, "action": action, "ids": [ID] * 5}
        for kind, action in ACTIONS.items()
    ]
    show_list(rows, reconcile.COLUMNS, as_json=False, last_is_whole=True)
    _head, _ids, *lines = shown(capsys)
    for (kind, action), line, ids in zip(ACTIONS.items(), lines[::2], lines[1::2], strict=True):
        assert line.startswith(f"{kind} ")
        assert line.endswith(f"  12345  {action}")
        assert len(line) <= 80
        assert ids.split(", ") == [f"    {ID}", *[ID] * 4]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("service", CONSUMERS)
def test_reasons_are_whole_on_a_terminal(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In lines of their own; each service's events are whole, too."""
    rows = [
        {"id": ID, "service": service, "routingKey": event.routing_key(), "reason": LONG * 3}
        for event in EVENTS
        if any(consumer.startswith(service) for consumer in event.consumers)
    ]
    show_list(rows, repair.COLUMNS, as_json=False, last_is_whole=True)
    lines = shown(capsys)
    assert not any("…" in line for line in lines)
    assert max(map(len, lines[::2])) <= 80
    assert lines[3::2] == [f"    {LONG * 3}"] * len(rows)


@pytest.mark.usefixtures("terminal")
def test_a_last_column_with_room_stays_in_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    show_list([{"id": ID, "reason": "x"}], ("id", "reason"), as_json=False, last_is_whole=True)
    assert shown(capsys)[1] == f"{ID}  x"


def test_a_page_says_which_one_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, if there are several."""
    page = {"data": [{"id": ID}], "pagination": {"page": 2, "totalPages": 3}}
    show_page(page, ("id",), as_json=False)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["id", ID]
    assert printed.err == "page 2 of 3\n"
    show_page(page, ("id",), as_json=True)
    assert "totalPages" in capsys.readouterr().out
