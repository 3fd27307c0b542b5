"""The list of LINKTIME_… variables is that of those which are read."""

import re
from collections.abc import Iterator
from pathlib import Path

from linktime_operator.known_settings import KNOWN
from tests.pages import ROOT

LIST = ROOT / "libs/operator/src/linktime_operator/known_settings.py"
FOLDERS = (
    *("bench", "deploy", "documents", "libs", "manifests", "schema", "services", "tests", "tools"),
    "verification",
)
NAME = re.compile(r"\bLINKTIME_[A-Z_]*[A-Z]\b")
READ_BY_TESTS = re.compile(r"""environ(?:\.get\(|\[)["'](LINKTIME_[A-Z_]+)""")
KINDS = {".py", ".sh", ".yml", ".yaml", ".html", ""}


def sources() -> Iterator[Path]:
    yield from (ROOT / "Makefile", ROOT / "docker-compose.yml")
    for folder in FOLDERS:
        yield from (
            path
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix in KINDS and path != LIST
        )


def names(path: Path) -> set[str]:
    """Return the variables that a file names; tests also name wrong ones, so those they read."""
    text = path.read_text("utf-8", errors="replace")
    pattern = READ_BY_TESTS if "tests" in path.relative_to(ROOT).parts else NAME
    return set(pattern.findall(text))


def test_each_variable_that_is_read_is_known() -> None:
    """And no other is listed, except those whose names are made of a setting's field."""
    found = {name: path for path in sources() for name in names(path)}
    assert {name: path for name, path in found.items() if name not in KNOWN} == {}
    listed = set(NAME.findall(LIST.read_text("utf-8")))
    assert sorted(listed - found.keys()) == []
