"""Log calls take exceptions as values: `linktime_common.failures` decides what is written."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
CAUGHT = frozenset({"error", "exception", "exc"})


def _log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = ast.unparse(node.func.value)
            if node.func.attr in LEVELS and on.rpartition(".")[2].startswith(("log", "_log")):
                yield node


def _quotes(value: ast.expr) -> bool:
    """Whether it converts an exception to text, or builds a text from parts."""
    for node in ast.walk(value):
        if isinstance(node, ast.JoinedStr):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names = {one.id for one in node.args if isinstance(one, ast.Name)}
            if node.func.id == "repr" or (node.func.id == "str" and names & CAUGHT):
                return True
    return False


def test_no_log_call_makes_a_text_of_an_exception() -> None:
    """Its message may quote client input."""
    found = []
    calls = 0
    for path in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/*/src/**/*.py")]:
        for call in _log_calls(ast.parse(path.read_text(encoding="utf-8"))):
            calls += 1
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            if any(map(_quotes, values)):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []
    assert calls > 30
