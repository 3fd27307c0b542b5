"""CHANGELOG.md is readable after merges: sections are components, and no text is left over."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from linktime_operator.stack.services import SERVICES

CHANGELOG = (Path(__file__).parents[1] / "CHANGELOG.md").read_text("utf-8")
RELEASES = [
    re.split(r"\n\n### (.+)\n\n", "\n" + release.strip("\n"))
    for release in re.split(r"^## .+$", CHANGELOG, flags=re.MULTILINE)[1:]
]
BODIES = [body for release in RELEASES for body in release[2::2]]
LINES = [line for body in BODIES for line in body.split("\n")]
COMPONENTS = [
    *("Pages for invitees", "API", "Dashboard", "SCIM", "Webhooks", "Events"),
    *("The `linktime` command and `make run`", "Mail and calendars", "Operation"),
]
LEAST_WIDTH = 85
"""A line ends earlier only if the next word does not fit, or at the end of its bullet."""


def test_each_section_is_a_component() -> None:
    """Each release has some of them; a subject that concerns several has a bullet in each."""
    assert len(RELEASES) > 1
    for release in RELEASES:
        titles = release[1::2]
        assert titles == [one for one in COMPONENTS if one in titles]


def test_blank_lines_are_around_headings_only() -> None:
    assert [line for line in LINES if not line or line.startswith("#")] == []


def test_no_bullet_is_there_twice() -> None:
    bullets = [line for line in LINES if line.startswith("- ")]
    assert [line for line in bullets if bullets.count(line) > 1] == []


def left_over(before: str, line: str) -> bool:
    """Return whether a line does not continue the one before, as after a wrong merge."""
    if line.startswith("- ") or re.match("  +- ", line):
        return False
    if not before or not line.startswith("  "):
        return True
    word = line.split(maxsplit=1)[0]
    continues_nothing = before.endswith(".") and word[0].islower() and word not in SERVICES
    return continues_nothing or len(f"{before} {word}") <= LEAST_WIDTH


def test_each_line_continues_a_bullet() -> None:
    """The first of a section begins one."""
    starts = [body.split("\n")[0] for body in BODIES]
    assert [line for line in starts if not line.startswith("- ")] == []
    assert [line for before, line in pairwise(LINES) if left_over(before, line)] == []


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (
            "- A sentence that ends here, with the width that other lines have, more or less.",
            "  and",
        ),
        ("- The slots of a week take a tenth of the bytes.", "  `/docs`. The slots of a week"),
        ("- A bullet", "without indentation"),
        ("", "  a continuation"),
    ],
)
def test_a_line_that_is_left_over_is_found(before: str, line: str) -> None:
    assert left_over(before, line)
