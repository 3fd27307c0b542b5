"""Values of headers that some parsers take quadratic time for, and a measure of that time."""

import ast
import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

SHORT, LONG = 2_000, 8_000
# Four times the input: linear work takes 4 times as long, quadratic work 16 times.
MOST_TIMES = 9
TOO_SHORT_TO_MEASURE = 0.1  # seconds of processor time, with that of the client and other tasks
AT_ONCE = 9

REPEATED = (
    '"', ";", "=", ",", "(", "\\", " ", "/", "%", "9", "-", ":", ".", "*",
    'a"', '="\\', ';a="', "a=b;", 'W/"a",', "a(b)", "=?utf-8?q?a?=", ";a*0*=b", "a b ", "1, ",
    "Mon, ", "[::", "for=a;",
)  # fmt: skip
ENDS = ("", "x", '"\xfc*0*')
# A parser reads its parameters only after a value that begins as expected.
BEGINNINGS = {
    "content-type": ("", "application/json;"),
    "authorization": ("", "Bearer "),
    "cookie": ("", "linktime_session=", 'linktime_session="'),
    "if-none-match": ("", "a", '"'),
    "if-match": ("", "a", '"'),
}

Use = Callable[[str], Awaitable[object]]


def hostile_values(header: str, length: int) -> Iterator[str]:
    """Yield values of `length` characters for this header, in a constant order."""
    for beginning in BEGINNINGS.get(header.lower(), ("",)):
        for repeated in REPEATED:
            for end in ENDS:
                room = length - len(beginning) - len(end)
                yield beginning + (repeated * length)[:room] + end


async def slowest(use: Use, header: str) -> str | None:
    """Return a value for which `use` takes more than linear time, or None.

    Some values are used at the same time: only if these take long is each measured.
    """
    pairs = [*zip(hostile_values(header, SHORT), hostile_values(header, LONG), strict=True)]
    for first in range(0, len(pairs), AT_ONCE):
        some = pairs[first : first + AT_ONCE]
        if await _seconds(use, *(long for _short, long in some)) > TOO_SHORT_TO_MEASURE:
            for short, long in some:
                if await _is_slow(use, short, long):
                    return long
    return None


async def _is_slow(use: Use, short: str, long: str) -> bool:
    if await _seconds(use, long) <= TOO_SHORT_TO_MEASURE:
        return False
    times = [await _seconds(use, long) for _ in range(3)]
    return min(times) > MOST_TIMES * min([await _seconds(use, short) for _ in range(3)])


async def _seconds(use: Use, *values: str) -> float:
    began = time.process_time()
    await asyncio.gather(*map(use, values))
    return time.process_time() - began


def headers_read(package: str) -> set[str]:
    """Return the names, in lower case, of the headers that the package's code reads by name."""
    root = Path(str(importlib.import_module(package).__file__)).parent
    found: set[str] = set()
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = [name for node in ast.walk(tree) if (name := _name_read(node)) is not None]
        if names:
            parts = path.relative_to(root.parent).with_suffix("").parts
            known = vars(importlib.import_module(".".join(parts)))
            found.update(str(eval(name, dict(known))).lower() for name in names)
    return found


def _name_read(node: ast.AST) -> str | None:
    """Return the expression for X in `request.headers.get(X)` or `X in request.headers`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in {"get", "getall", "getone"} and _is_of_request(node.func.value):
            return ast.unparse(node.args[0])
    elif isinstance(node, ast.Subscript) and _is_of_request(node.value):
        return ast.unparse(node.slice)
    elif isinstance(node, ast.Compare) and _is_of_request(node.comparators[0]):
        return ast.unparse(node.left)
    return None


def _is_of_request(node: ast.AST) -> bool:
    return ast.unparse(node) == "request.headers"
