"""Limits of a provider's request; every refusal is a SCIM error."""

import re
from collections.abc import Iterator, Sized
from typing import Any

import orjson
from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
)

from linktime_common import json_input
from linktime_common.http.fields import MOST_EMAIL_CHARACTERS
from linktime_common.json_input import TooDeep
from linktime_common.texts import problem_of_line
from linktime_scim.domain.provisioning import Attributes
from linktime_scim.scim.patch_limits import MOST_PATH_CHARACTERS, comparisons_in
from linktime_scim.scim.patch_paths import SCHEMA, shown

MOST_CHARACTERS = MOST_EMAIL_CHARACTERS
MOST_LOCAL_CHARACTERS = 64
MOST_EMAILS = 20
MOST_VALUES = 2_000
MOST_FILTER_CHARACTERS = 2_000
MOST_FILTER_NESTING = 10
MOST_FILTER_COMPARISONS = 20
MOST_CHOSEN = 30
_WHOLE = re.compile(r"-?[0-9]{1,4000}")


def read_object(body: bytes) -> dict[str, Any]:
    """Parse the body; raises InvalidSyntaxException."""
    try:
        payload = json_input.parse(body)
    except TooDeep as error:
        raise InvalidSyntaxException(detail=str(error)) from error
    except orjson.JSONDecodeError as error:
        raise InvalidSyntaxException(detail="The body is not valid JSON") from error
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object")
    _refuse_repeated(payload)
    return payload


def _refuse_repeated(payload: dict[str, Any]) -> None:
    # RFC 7643 2.1: names in other letter case, or with the schema before them, are the same.
    waiting: list[Any] = [payload]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            names = set()
            for name in value:
                attribute = name.casefold().removeprefix(f"{SCHEMA}:")
                if attribute in names:
                    detail = f"The body has {shown(name)} twice: letter case makes no difference"
                    raise InvalidSyntaxException(detail=detail)
                names.add(attribute)
            value = value.values()
        waiting.extend(one for one in value if isinstance(one, dict | list))


def check_size(payload: dict[str, Any]) -> None:
    """Refuse a body that would take long to validate; raises InvalidValueException."""
    waiting: list[Any] = [payload]
    seen = 0
    while waiting:
        value = waiting.pop()
        inner = list(value.values()) if isinstance(value, dict) else value
        seen += len(inner)
        if seen > MOST_VALUES:
            raise InvalidValueException(detail=f"The body has more than {MOST_VALUES} values")
        if isinstance(value, dict) and any(len(name) > MOST_PATH_CHARACTERS for name in value):
            detail = f"A name has more than {MOST_PATH_CHARACTERS} characters"
            raise InvalidPathException(detail=detail)
        waiting.extend(one for one in inner if isinstance(one, dict | list))


def check_search(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the search, with each attribute to show once.

    Raises InvalidFilterException or InvalidValueException if it would take long to parse.
    """
    checked = dict(payload)
    for name, value in payload.items():
        match name.casefold():
            case "filter" if value is not None:
                _check_filter(value)
            case "attributes" | "excludedattributes" if value is not None:
                checked[name] = _chosen(name, value)
            case "startindex" | "count" if value is not None:
                _check_number(name, value)
    chosen = {name.casefold() for name, value in checked.items() if value}
    if {"attributes", "excludedattributes"} <= chosen:
        detail = "attributes and excludedAttributes cannot be used together"
        raise InvalidValueException(detail=detail)
    return checked


def _check_number(name: str, value: Any) -> None:
    # The library would also accept 1_0, 1.0 and true. RFC 7644 3.4.2.4 defines negative numbers.
    if type(value) is not int and not (isinstance(value, str) and _WHOLE.fullmatch(value)):
        raise InvalidValueException(detail=f"{name} must be a whole number")


def _chosen(name: str, value: Any) -> list[str]:
    # A list in a body; in a query one text with commas.
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidValueException(detail=f"{name} must be a list of texts")
    if sum(map(len, texts)) > MOST_FILTER_CHARACTERS:
        detail = f"{name} has more than {MOST_FILTER_CHARACTERS} characters"
        raise InvalidValueException(detail=detail)
    once = {
        one.casefold(): one for text in texts for part in text.split(",") if (one := part.strip())
    }
    if len(once) > MOST_CHOSEN:
        raise InvalidValueException(detail=f"{name} names more than {MOST_CHOSEN} attributes")
    return list(once.values())


def _check_filter(text: Any) -> None:
    if not isinstance(text, str):
        raise InvalidFilterException(detail="The filter is not a text")
    if len(text) > MOST_FILTER_CHARACTERS:
        detail = f"The filter has more than {MOST_FILTER_CHARACTERS} characters"
        raise InvalidFilterException(detail=detail)
    if text.count("(") + text.count("[") > MOST_FILTER_NESTING:
        detail = f"The filter has more than {MOST_FILTER_NESTING} brackets"
        raise InvalidFilterException(detail=detail)
    if comparisons_in(text) > MOST_FILTER_COMPARISONS:
        detail = f"The filter has more than {MOST_FILTER_COMPARISONS} comparisons"
        raise InvalidFilterException(detail=detail)


def check_names(payload: dict[str, Any]) -> None:
    """Refuse a path as a name in a whole user; raises InvalidPathException.

    Only a PATCH has paths: elsewhere such a name would be ignored like an unknown attribute.
    """
    for name in payload:
        is_of_a_schema = name.casefold().startswith("urn:")
        is_path = not {".", "["}.isdisjoint(name) and not is_of_a_schema
        if is_path or name.casefold().startswith(f"{SCHEMA}:"):
            raise InvalidPathException(detail=f"{shown(name)} is a path: use one only in a PATCH")


def check_count(emails: Sized | None) -> None:
    """Refuse too many addresses; raises InvalidValueException."""
    if emails is not None and len(emails) > MOST_EMAILS:
        raise InvalidValueException(detail=f"emails has more than {MOST_EMAILS} entries")


def check_attributes(attributes: Attributes) -> None:
    """Refuse values that cannot be stored; raises InvalidValueException naming the attribute."""
    if not (attributes.get("userName") or "").strip():
        raise InvalidValueException(detail="userName must not be empty")
    check_count(attributes.get("emails"))
    for name, text in _texts("", attributes):
        if len(text) > MOST_CHARACTERS:
            raise InvalidValueException(detail=f"{name} has more than {MOST_CHARACTERS} characters")


def check_lines(attributes: Attributes, kept: Attributes | None = None) -> None:
    """Refuse texts that are not one line, and addresses that are too long.

    Raises InvalidValueException naming the attribute.

    `kept` values may be sent again: a member provisioned before this check existed can still be
    deactivated.
    """
    known = {text for _, text in _texts("", kept or {})}
    for name, text in _texts("", attributes):
        if text not in known and (problem := problem_of_line(text) or _excess(name, text)):
            raise InvalidValueException(detail=f"{name}: {problem}")


def _excess(name: str, text: str) -> str | None:
    # RFC 5321 4.5.3.1.1; check_attributes has limited the whole address.
    if name == "emails.value" and len(text.rpartition("@")[0]) > MOST_LOCAL_CHARACTERS:
        return f"Has more than {MOST_LOCAL_CHARACTERS} characters before the @"
    return None


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case dict():
            for part, inner in value.items():
                yield from _texts(f"{name}.{part}".lstrip("."), inner)
        case list():
            for inner in value:
                yield from _texts(name, inner)
