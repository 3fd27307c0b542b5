"""Converts PATCH operations of identity providers to the form that the library applies.

Each attribute gets a separate operation, so that a refusal can name it. Attributes of RFC 7643 that
this service does not keep are ignored; any other unknown one is refused.
"""

from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticCustomError
from scim2_models import (
    InvalidPathException,
    InvalidValueException,
    Mutability,
    MutabilityException,
    NoTargetException,
    Required,
)
from scim2_models.path import AttributeBinding

from linktime_scim.scim.limits import check_count
from linktime_scim.scim.model import read_flag
from linktime_scim.scim.patch_paths import SCHEMA, attribute_at, shown

OPERATIONS = frozenset({"add", "replace", "remove"})
FLAGS = frozenset({"active", "primary"})
ENTRY = frozenset({"value", "type", "primary"})
NOT_KEPT_OF_ENTRIES = frozenset({"display", "$ref"})
# Read-only: without a path they must equal the present ones, which the library compares.
SET_HERE = frozenset({"schemas", "id", "meta"})
# The library drops an operation on an attribute that the model does not have.
NO_CHANGE: dict[str, Any] = {"op": "remove", "path": "title"}


def separated(operations: list[Any]) -> list[Any]:
    """Return the operations with one attribute each.

    Raises InvalidPathException, InvalidValueException, MutabilityException and NoTargetException,
    which name the attribute.
    """
    if not operations:
        raise InvalidValueException(detail="Operations must hold at least one operation")
    parts = [part for operation in operations for part in _parts(operation)]
    changes = [part for part in parts if part is not NO_CHANGE]
    return changes or [NO_CHANGE]


def _parts(operation: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(operation, dict):
        raise InvalidValueException(detail="Each of Operations must be an object")
    given = {name.casefold(): value for name, value in operation.items()}
    op, path, value = given.get("op"), given.get("path"), given.get("value")
    if not isinstance(op, str) or op.casefold() not in OPERATIONS:
        raise InvalidValueException(detail="op must be add, replace or remove")
    if not isinstance(path, str | None):
        raise InvalidPathException(detail="path must be a text")
    if op.casefold() == "remove":
        if not path:
            raise NoTargetException(detail="A remove operation needs a path")
        yield _removal(path, value)
    elif path and not _is_schema(path):
        yield _write(op, path, value)
    else:
        yield from _writes(op, value)


def _writes(op: str, value: Any) -> Iterator[dict[str, Any]]:
    """Return the writes of an operation without a path; the names in its value may be paths."""
    if not isinstance(value, dict):
        raise InvalidValueException(detail="An operation without a path needs an object as value")
    for name, item in value.items():
        inner = item.items() if _is_schema(name) and isinstance(item, dict) else ((name, item),)
        for path, part in inner:
            if path.casefold() in SET_HERE:
                yield {"op": op, "value": {path: part}}
            else:
                yield _write(op, path, part)


def _is_schema(path: str) -> bool:
    return path.casefold() == SCHEMA


def _write(op: str, path: str, value: Any) -> dict[str, Any]:
    found = attribute_at(path)
    if found is None:
        return NO_CHANGE
    attribute, is_filtered = found
    _refuse_read_only(path, attribute)
    if attribute.sub_field_name is None and attribute.is_multivalued and not is_filtered:
        value = _entries(path, value)
    elif attribute.sub_field_name is None and attribute.field_name in {"name", "emails"}:
        value = _members(path, attribute, value)
    else:
        value = _single(path, attribute, value)
    if value is None:
        # Only an explicit false or true changes `active`.
        if attribute.field_name == "active":
            return NO_CHANGE
        _refuse_unassigning(path, attribute)
        if op.casefold() == "add":
            raise InvalidValueException(detail=f"{shown(path)} needs a value")
    return {"op": op, "path": path, "value": value}


def _removal(path: str, value: Any) -> dict[str, Any]:
    found = attribute_at(path)
    if found is None or found[0].field_name == "active":
        return NO_CHANGE
    attribute, is_filtered = found
    _refuse_read_only(path, attribute)
    _refuse_unassigning(path, attribute)
    if value is not None and attribute.is_multivalued and not is_filtered:
        if attribute.sub_field_name is not None:
            raise InvalidValueException(detail=f"{shown(path)} is removed without a value")
        return _removal_of_entries(path, value)
    if value is not None and attribute.field_name == "name" and attribute.sub_field_name is None:
        raise InvalidValueException(detail=f"{shown(path)} is removed without a value")
    return {"op": "remove", "path": path}


def _removal_of_entries(path: str, value: Any) -> dict[str, Any]:
    """Convert Entra ID's removal of entries: by value, next to a `$ref` of null."""
    entries = [
        {name: part for name, part in entry.items() if part is not None}
        for entry in _entries(path, value) or []
    ]
    if not all(entries):
        raise InvalidValueException(detail=f"{shown(path)} has a value that names no address")
    return {"op": "remove", "path": path, "value": entries} if entries else NO_CHANGE


def _entries(path: str, value: Any) -> list[dict[str, Any]] | None:
    """Return addresses without RFC 7643's attributes that are not kept."""
    entries = value if isinstance(value, list | None) else [value]
    if entries is None:
        return None
    if not all(isinstance(entry, dict) for entry in entries):
        raise InvalidValueException(detail=f"{shown(path)} must be a list of objects")
    check_count(entries)
    return [_entry(path, entry) for entry in entries]


def _entry(path: str, entry: dict[str, Any]) -> dict[str, Any]:
    for name in entry:
        if name.casefold() not in ENTRY | NOT_KEPT_OF_ENTRIES:
            raise InvalidPathException(
                detail=f"{shown(f'{path}.{name}')} is not an attribute of a user"
            )
    kept = {name: part for name, part in entry.items() if name.casefold() in ENTRY}
    for name, part in kept.items():
        if name.casefold() in FLAGS:
            _refuse_other_than_flag(f"{path}.{name}", part)
    return kept


def _members(path: str, attribute: AttributeBinding, value: Any) -> dict[str, Any] | None:
    """Return the parts of a name, or of the addresses that a filter selects."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidValueException(detail=f"{shown(path)} must be an object")
    if attribute.is_multivalued:
        return _entry(path, value)
    for name in value:
        attribute_at(f"{attribute.field_name}.{name}")
    return value


def _single(path: str, attribute: AttributeBinding, value: Any) -> Any:
    single = _unwrapped(path, value)
    if (attribute.sub_field_name or attribute.field_name) in FLAGS:
        _refuse_other_than_flag(path, single)
    return single


def _refuse_other_than_flag(path: str, value: Any) -> None:
    # Checked here: the library skips a value equal to the present one, and 0 equals false.
    try:
        read_flag(value)
    except PydanticCustomError as error:
        raise InvalidValueException(detail=f"{shown(path)} must be true or false") from error


def _unwrapped(path: str, value: Any) -> Any:
    match value:
        case [{"value": str() | bool() | None as inner}]:  # sent by Entra ID
            return inner
        case list() | dict():
            raise InvalidValueException(detail=f"{shown(path)} must be a single value")
    return value


def _refuse_read_only(path: str, attribute: AttributeBinding) -> None:
    annotations = (
        attribute.model.get_field_annotation(attribute.field_name, Mutability),
        attribute.get_annotation(Mutability),
    )
    if Mutability.read_only in annotations:
        raise MutabilityException(detail=f"{shown(path)} is read-only")


def _refuse_unassigning(path: str, attribute: AttributeBinding) -> None:
    if attribute.get_annotation(Required) is Required.true:
        raise MutabilityException(detail=f"{shown(path)} is required")
