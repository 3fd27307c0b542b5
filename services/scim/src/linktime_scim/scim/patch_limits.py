"""Limits of one PATCH, checked before any of its paths is parsed.

A request blocks the event loop while it is processed: a path costs comparisons times the member's
addresses, and a body has many paths.
"""

import re
from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidPathException, InvalidValueException

MOST_OPERATIONS = 60
MOST_PATH_CHARACTERS = 256
MOST_BRACKETS = 10
MOST_COMPARISONS_OF_A_PATH = 5
MOST_ON_ADDRESSES = 20
MOST_ADDRESSES = 40

# Quoted text is skipped: its words are not operators. So is text without an end quote, so that no
# text is scanned twice; the parser refuses it.
_OPERATOR = re.compile(
    r'"(?:[^"\\]|\\.)*"?|\b(eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b', re.IGNORECASE | re.DOTALL
)


def comparisons_in(text: str) -> int:
    """Return an upper bound of the comparisons of a path or a filter."""
    return sum(1 for operator in _OPERATOR.findall(text) if operator)


def check_patch(payload: dict[str, Any]) -> None:
    """Refuse a PATCH that would take long to parse or apply.

    Raises InvalidPathException, InvalidValueException.
    """
    lists = [value for name, value in payload.items() if name.casefold() == "operations"]
    if not lists or lists[0] is None:
        raise InvalidValueException(detail="Operations is required")
    operations = [one for one in lists[0] if isinstance(one, dict)] if _is_list(lists) else []
    paths = [path for operation in operations for path in _paths(operation)]
    if len(paths) > MOST_OPERATIONS:
        raise _too_many(MOST_OPERATIONS, "operations, counted once each names one attribute")
    for path in paths:
        _check_path(path)
    if sum(len(_addresses(one)) for one in operations) > MOST_ADDRESSES:
        raise _too_many(MOST_ADDRESSES, "addresses in its values")
    if sum(map(_on_addresses, operations)) > MOST_ON_ADDRESSES:
        raise _too_many(MOST_ON_ADDRESSES, "operations on emails, counted once each compares once")


def _is_list(lists: list[Any]) -> bool:
    return bool(lists) and isinstance(lists[0], list)


def _too_many(most: int, what: str) -> InvalidValueException:
    return InvalidValueException(
        detail=f"The PATCH has more than {most} {what}: send several requests"
    )


def _check_path(text: str) -> None:
    if len(text) > MOST_PATH_CHARACTERS:
        raise InvalidPathException(detail=f"A path has more than {MOST_PATH_CHARACTERS} characters")
    if text.count("(") + text.count("[") > MOST_BRACKETS:
        raise InvalidPathException(detail=f"A path has more than {MOST_BRACKETS} brackets")
    if comparisons_in(text) > MOST_COMPARISONS_OF_A_PATH:
        detail = f"A path has more than {MOST_COMPARISONS_OF_A_PATH} comparisons"
        raise InvalidPathException(detail=detail)


def _given(operation: dict[str, Any], wanted: str) -> Any:
    return next((value for name, value in operation.items() if name.casefold() == wanted), None)


def _paths(operation: dict[str, Any]) -> list[str]:
    """Return the path, and each name in the value, which may be a path as well."""
    path, names = _given(operation, "path"), list(_names(_given(operation, "value")))
    if isinstance(path, str):
        return [path, *names]
    return names or [""]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)


def _addresses(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects in the lists of the value."""
    found, waiting = [], [_given(operation, "value")]
    while waiting:
        match waiting.pop():
            case dict() as inner:
                waiting.extend(inner.values())
            case list() as entries:
                found += [one for one in entries if isinstance(one, dict)]
    return found


def _on_addresses(operation: dict[str, Any]) -> int:
    """Return how often the operation iterates over all addresses of the member."""
    by_paths = sum(
        # Without a comparison, emails and emails.type also reach every address.
        max(comparisons_in(path), int("emails" in path.casefold()))
        for path in _paths(operation)
    )
    return max(by_paths, _compared_values(operation))


def _compared_values(operation: dict[str, Any]) -> int:
    """Return how many values a removal compares with the addresses."""
    if str(_given(operation, "op")).casefold() != "remove":
        return 0
    value = _given(operation, "value")
    entries = _addresses(operation) if isinstance(value, list) else [value]
    return sum(len(entry) for entry in entries if isinstance(entry, dict))
