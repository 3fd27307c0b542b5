"""How much one PATCH may ask for, decided before any of its paths is parsed.

A request is handled in one go on the event loop, where all other requests wait for it: what a
path costs grows with its comparisons and the member's addresses, and a body has many paths.
"""

import re
from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidPathException, InvalidSyntaxException, InvalidValueException

MOST_OPERATIONS = 60
MOST_PATH_CHARACTERS = 256
MOST_BRACKETS = 10
MOST_COMPARISONS_OF_A_PATH = 5
MOST_ON_ADDRESSES = 20
MOST_ADDRESSES = 40

# A quoted text is skipped: a word in it compares nothing. One that does not end is skipped as well,
# so that no text is read twice; the parser refuses it.
_OPERATOR = re.compile(
    r'"(?:[^"\\]|\\.)*"?|\b(eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b', re.IGNORECASE | re.DOTALL
)


def comparisons_in(text: str) -> int:
    """How many comparisons a path or a filter has at most."""
    return sum(1 for operator in _OPERATOR.findall(text) if operator)


def check_patch(payload: dict[str, Any]) -> None:
    """Refuse what would take long to parse and to apply.

    Raises InvalidPathException, InvalidSyntaxException, InvalidValueException.
    """
    lists = [value for name, value in payload.items() if name.casefold() == "operations"]
    if len(lists) > 1:
        raise InvalidSyntaxException(detail="The body has Operations twice")
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
    # The last one counts, as where the operation is read.
    found = [value for name, value in operation.items() if name.casefold() == wanted]
    return found[-1] if found else None


def _paths(operation: dict[str, Any]) -> list[str]:
    """The path, and each name in the value, which may be a path as well."""
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
    """The objects in the lists of the value."""
    found, waiting = [], [_given(operation, "value")]
    while waiting:
        match waiting.pop():
            case dict() as inner:
                waiting.extend(inner.values())
            case list() as entries:
                found += [one for one in entries if isinstance(one, dict)]
    return found


def _on_addresses(operation: dict[str, Any]) -> int:
    """How often the operation goes through all addresses of the member."""
    by_paths = sum(
        # Without a comparison, emails and emails.type reach every address as well.
        max(comparisons_in(path), int("emails" in path.casefold()))
        for path in _paths(operation)
    )
    return max(by_paths, _compared_values(operation))


def _compared_values(operation: dict[str, Any]) -> int:
    """How many values a removal selects addresses by."""
    if str(_given(operation, "op")).casefold() != "remove":
        return 0
    value = _given(operation, "value")
    entries = _addresses(operation) if isinstance(value, list) else [value]
    return sum(len(entry) for entry in entries if isinstance(entry, dict))
