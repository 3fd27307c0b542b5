"""Helpers of several tests are in modules named for their content, or in fixtures."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield each part of the imported names, `tests.hosts` as `tests` and `hosts`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            if node.module is None or node.module.split(".")[-1] == "tests":
                yield from (one.name for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (part for one in node.names for part in one.name.split("."))


def is_test_module(name: str) -> bool:
    """Whether pytest collects it, or reads its fixtures."""
    return name == "conftest" or name.startswith("test_")


def test_no_module_imports_a_test_module_or_a_conftest() -> None:
    """A change to one test then breaks no other, and each test file runs alone."""
    folders = [*ROOT.glob("libs/*"), *ROOT.glob("services/*"), ROOT / "tests", ROOT / "bench"]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(files) > 100
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        if "node_modules" not in path.parts
        for name in imported(ast.parse(path.read_text("utf-8")))
        if is_test_module(name)
    }
    assert found == set()
