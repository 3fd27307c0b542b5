"""Output of commands for stored texts."""

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from linktime_operator.errors import OperatorError
from linktime_operator.output import show, show_error, show_list

ROOT = Path(__file__).parents[3]
NASTY = "a\x1b[31m\nb\x9b\u202ec"
ESCAPED = "a\\u001b[31m\\u000ab\\u009b\\u202ec"


def test_a_table_shows_controls_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """In texts, lists and objects; each value on one line."""
    row = {"text": NASTY, "list": [NASTY], "object": {"x": NASTY}}
    show(row, as_json=False)
    show_list([row], ["text", "list"], as_json=False)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"text    {ESCAPED}"
    assert len(rest) == 4
    for line in (*rest[:2], rest[3]):
        assert "\\u001b[31m" in line
        assert "\\u009b\\u202ec" in line


def test_json_stays_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON escapes control characters itself."""
    show({"text": NASTY}, as_json=True)
    show_list([{"text": NASTY}], ["text"], as_json=True)
    one, several = capsys.readouterr().out.splitlines()
    assert (one + several).isascii()
    assert (orjson.loads(one), orjson.loads(several)) == ({"text": NASTY}, [{"text": NASTY}])


@pytest.mark.parametrize("as_json", [True, False])
def test_refusals_do_not_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """A sentence may have several lines, such as the end of a log; a field has one."""
    show_error(OperatorError(f"No: {NASTY}", {"name": NASTY}), as_json=as_json)
    shown = capsys.readouterr().err
    assert not set(shown) & set("\x1b\x9b\u202e")
    assert shown.count("\\u001b[31m") == 2


def _on_a_terminal(*command: str, no_color: str | None) -> bytes:
    """Return the command's output on a pseudo-terminal."""
    ours, its = pty.openpty()
    settings = {} if no_color is None else {"NO_COLOR": no_color}
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", **settings}
    subprocess.run(command, check=True, env=environment, stdout=its, stderr=its, cwd=ROOT)
    os.close(its)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    return shown


SAY = "from linktime_operator.output import say; say('A line', colour='red')"
COMMANDS = [(sys.executable, "-c", SAY), ("make", "help")]


@pytest.mark.parametrize("command", COMMANDS, ids=["a line", "make help"])
def test_colours_are_for_terminals_that_want_them(command: tuple[str, ...]) -> None:
    """NO_COLOR disables them when it is not empty; other outputs have none."""
    escape = b"\x1b["
    assert escape in _on_a_terminal(*command, no_color=None)
    assert escape in _on_a_terminal(*command, no_color="")
    assert escape not in _on_a_terminal(*command, no_color="1")
    piped = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    assert escape not in piped.stdout


def test_make_help_is_aligned() -> None:
    """Each description begins in the same column, also that of the longest target."""
    shown = subprocess.run(("make", "help"), check=True, capture_output=True, text=True, cwd=ROOT)
    # A make that runs these tests has this one name its folder too.
    lines = [line for line in shown.stdout.splitlines() if line.startswith("  ")]
    columns = {re.match(r"  [a-z-]+ +", line).end() for line in lines}
    assert len(columns) == 1
