"""Writes store the response for repeats as early in their transaction as it is known."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[1] / "services"
EARLY = """
async with deps.database.transaction() as connection:
    if attempt is not None:
        await attempt.keep(connection, state)
    await contacts.insert(connection, contact)
"""
KNOWN_LATER = """
async with deps.database.transaction() as connection:
    found = await contacts.lock(connection)
    await attempt.keep(connection, found.state())
"""
LATE = """
async with deps.database.transaction() as connection:
    found = await contacts.lock(connection)
    await attempt.keep(connection, None)
"""


def keeps_late(tree: ast.AST) -> Iterator[int]:
    """Yield lines that store a response after statements that it does not need."""
    for block in ast.walk(tree):
        if isinstance(block, ast.AsyncWith) and _is_transaction(block):
            found = {name for one in block.body for name in _names(one, ast.Store)}
            for statement in block.body[1:]:
                for call in filter(_is_keep, ast.walk(statement)):
                    assert isinstance(call, ast.Call)
                    if not found & set(_names(call.args[1], ast.Load)):
                        yield call.lineno


def _is_transaction(block: ast.AsyncWith) -> bool:
    return any(ast.unparse(one.context_expr).endswith(".transaction()") for one in block.items)


def _is_keep(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "attempt.keep"


def _names(tree: ast.AST, use: type[ast.expr_context]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, use):
            yield node.id


@pytest.mark.parametrize(("code", "lines"), [(EARLY, []), (KNOWN_LATER, []), (LATE, [4])])
def test_the_rule_itself(code: str, lines: list[int]) -> None:
    """First, or after the statements whose result it needs."""
    assert list(keeps_late(ast.parse(code))) == lines


def test_every_write_stores_its_response_early() -> None:
    """An attempt that has lost its claim then ends before it waits for rows of the service."""
    sources = {path: path.read_text() for path in SERVICES.glob("*/src/*/use_cases/*.py")}
    assert sum(text.count("attempt.keep(") for text in sources.values()) > 20
    late = {path.name: list(keeps_late(ast.parse(text))) for path, text in sources.items()}
    assert {name: lines for name, lines in late.items() if lines} == {}
