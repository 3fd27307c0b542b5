"""Empties attributes that are not kept, before the values of a body are counted."""

import re
from typing import Any

from linktime_scim.scim.patch_paths import NOT_KEPT, SCHEMA

_END_OF_NAME = re.compile(r"[.\[]")


def without_ignored(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the body with null for the values of attributes that are not kept.

    Otherwise 600 groups of a person would exceed the limits. The names stay, as the limits of a
    PATCH count them.
    """
    return {
        name: [_operation(one) for one in value]
        if name.casefold() == "operations" and isinstance(value, list)
        else _emptied(name, value)
        for name, value in payload.items()
    }


def _operation(operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    paths = [value for name, value in operation.items() if name.casefold() == "path"]
    is_ignored = any(isinstance(path, str) and _is_ignored(path) for path in paths)
    return {
        name: None if is_ignored and name.casefold() == "value" else _emptied(name, value)
        for name, value in operation.items()
    }


def _emptied(name: str, value: Any) -> Any:
    if _is_ignored(name):
        return None
    if isinstance(value, dict):
        return {part: _emptied(part, inner) for part, inner in value.items()}
    return value


def _is_ignored(path: str) -> bool:
    name = path.casefold().removeprefix(f"{SCHEMA}:")
    if name.startswith("urn:"):
        return name != SCHEMA
    return _END_OF_NAME.split(name, maxsplit=1)[0] in NOT_KEPT
