"""Parsing of untrusted JSON with a nesting limit.

Deep values are rejected here, before anything else sees them: validation, error texts and
serialization recurse, each with a different limit.
"""

from typing import Any

import orjson

MOST_DEPTH = 32
TOO_DEEP = f"Lists and objects are nested more than {MOST_DEPTH} levels deep; send fewer levels"
_PARSERS_OWN_LIMIT = "depth limit exceeded"  # orjson's, at 1,024 levels


class TooDeep(ValueError):
    """The document is nested more than `MOST_DEPTH` levels deep."""

    def __init__(self) -> None:
        super().__init__(TOO_DEEP)


def parse(raw: bytes) -> Any:
    """Parse the document; raises TooDeep or orjson's JSONDecodeError, both ValueErrors."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if error.msg == _PARSERS_OWN_LIMIT:
            raise TooDeep from error
        raise
    # Fewer opening brackets than the limit cannot be deeper: the fast path.
    if raw.count(b"[") + raw.count(b"{") > MOST_DEPTH and _is_too_deep(document):
        raise TooDeep
    return document


def _is_too_deep(document: Any) -> bool:
    level = [document] if isinstance(document, dict | list) else []
    for _depth in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)
