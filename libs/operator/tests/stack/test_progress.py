"""What the launcher shows on a terminal or in a log."""

import io

import pytest
from rich.console import Console

from linktime_operator.stack import progress


@pytest.mark.parametrize("terminal", [True, False])
def test_control_characters_and_markup_are_shown_as_text(terminal: bool) -> None:
    """A state folder, for example, may have any name."""
    shown = io.StringIO()
    display = progress.on(Console(file=shown, force_terminal=terminal, no_color=True, width=200))
    with display.step("Work") as step:
        display.say("folder \x1b[31mred\x07[bold]x")
        step.note("[bold]\x1b]0;title\x07")
    assert "folder \\u001b[31mred\\u0007[bold]x" in shown.getvalue()
    assert "\x1b[31m" not in shown.getvalue()
    assert "\x1b]0;" not in shown.getvalue()
    assert "\x07" not in shown.getvalue()
