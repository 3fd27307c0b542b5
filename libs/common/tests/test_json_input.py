"""The nesting limit of JSON input."""

import orjson
import pytest

from linktime_common.json_input import MOST_DEPTH, TooDeep, parse


def nested(depth: int, kind: str) -> bytes:
    """Return a document of that depth, with wide and flat parts before the deep one."""
    opening, closing = {"lists": (b"[", b"]"), "objects": (b'{"a":', b"}")}[kind]
    deep = opening * depth + b"1" + closing * depth
    flat = b'{"a":[1,"[[[{{{",{"b":{}}]}'
    return b"[" + b",".join([*[flat] * 40, deep]) + b"]"


@pytest.mark.parametrize("kind", ["lists", "objects"])
def test_the_deepest_that_is_read(kind: str) -> None:
    """The outermost list counts as well; the position of the deep part does not matter."""
    raw = nested(MOST_DEPTH - 1, kind)
    assert parse(raw) == orjson.loads(raw)
    # 1,024 is the parser's own limit.
    for depth in (MOST_DEPTH, MOST_DEPTH + 1, 500, 1_022, 1_023, 1_024, 100_000):
        with pytest.raises(TooDeep):
            parse(nested(depth, kind))


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 40, b"[" * 1_000, b"]" * 40, b"\xff", b"[1,]"])
def test_malformed_json_is_not_called_deep(raw: bytes) -> None:
    """The two errors are different."""
    with pytest.raises(orjson.JSONDecodeError):
        parse(raw)


@pytest.mark.parametrize(
    "raw", [b"1", b'"' + b"[" * 40 + b'"', b"null", b"[" + b"[]," * 99 + b"0]"]
)
def test_flat_documents_pass(raw: bytes) -> None:
    """Brackets in texts or side by side are not depth."""
    assert parse(raw) == orjson.loads(raw)
