"""What commands print of what is stored."""

import orjson
import pytest

from linktime_operator.errors import OperatorError
from linktime_operator.output import show, show_error, show_list

NASTY = "a\x1b[31m\nb\x9b\u202ec"
ESCAPED = "a\\u001b[31m\\u000ab\\u009b\\u202ec"


def test_a_table_shows_controls_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """In texts, lists and objects; each value in its line."""
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
    """Its own escapes for what it may leave as it is."""
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
