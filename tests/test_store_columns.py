"""In `store/`, a table's columns and placeholders are named once, by `Columns`."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STORES = sorted(ROOT.glob("services/*/src/*/store/*.py"))
MOST_WRITTEN_OUT = 4
"""Longer lists of placeholders, and of repeated columns, are made from `Columns`."""

PLACEHOLDERS = re.compile(r"\$\d+(?:\s*,\s*\$\d+)*")
ASSIGNMENTS = re.compile(r"\w+ = [\w.$]+(?:\s*,\s*\w+ = [\w.$]+)*")
NAMES = re.compile(r"\b(?:\w+\.)?[a-z]\w*(?:\s*,\s*(?:\w+\.)?[a-z]\w*)+")


def statements(source: str) -> Iterator[str]:
    """Yield the texts of a module; `…` stands for a formatted value."""
    tree = ast.parse(source)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for one in joined for part in ast.walk(one)}
    for one in joined:
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in one.values
        )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def written_out(source: str) -> list[str]:
    """Return lists that should be made from `Columns`."""
    texts = list(statements(source))
    lists = [found[0] for text in texts for found in PLACEHOLDERS.finditer(text)]
    lists += [found[0] for text in texts for found in ASSIGNMENTS.finditer(text)]
    seen = Counter(
        re.sub(r"\w+\.|\s", "", found[0]) for text in texts for found in NAMES.finditer(text)
    )
    lists += [names for names, count in seen.items() if count > 1]
    return [one for one in lists if one.count(",") >= MOST_WRITTEN_OUT]


@pytest.mark.parametrize("path", STORES, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_columns_are_named_once(path: Path) -> None:
    """A new column of a table is added in one place of its store file."""
    assert written_out(path.read_text()) == []


@pytest.mark.parametrize(
    "statement",
    [
        'INSERT = "INSERT INTO t (a) VALUES ($1, $2, $3, $4, $5)"',
        'UPDATE = "UPDATE t SET a = $1, b = $2, c = $3, d = $4, e = $5"',
        'A = "SELECT a, b, c, d, e FROM t WHERE a = $1"\nB = "SELECT a, b, c, d, e FROM t, $1"',
    ],
)
def test_lists_that_are_written_out_are_found(statement: str) -> None:
    """The rule above detects them."""
    assert written_out(statement)
