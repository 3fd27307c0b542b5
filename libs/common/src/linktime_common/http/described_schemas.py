"""Schemas of the OpenAPI document as generators of clients read them best."""

import re
from typing import Any

_SUFFIX = re.compile(r"(?:Reply|Body|State|Item)$")
_KEYS_OF_SCHEMAS = ("properties", "$defs", "patternProperties")
_DATA = ("example", "examples", "default", "const", "enum")


def clean(schema: Any) -> Any:
    """Return a schema without defaults of null and without titles that only repeat names.

    A default of null says nothing, since the field can be omitted, but makes the field a required
    one in TypeScript.
    """
    if isinstance(schema, list):
        return [clean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _clean_entry(name, value)
        for name, value in schema.items()
        if name != "title" and (name, value) != ("default", None)
    }


def _clean_entry(name: str, value: Any) -> Any:
    if name in _KEYS_OF_SCHEMAS:
        return {field: clean(one) for field, one in value.items()}
    return value if name in _DATA else clean(value)


def page_name(model: type) -> str:
    """Return the name of the page of a list: `BookingPage` for entries of `BookingReply`."""
    return f"{_SUFFIX.sub('', model.__name__)}Page"


def page_schema(entry: dict[str, Any], pagination: str) -> dict[str, Any]:
    """Return the schema of a page whose entries have this schema; `pagination` is a reference."""
    return {
        "type": "object",
        "description": "One page of a list",
        "required": ["data", "pagination"],
        "properties": {
            "data": {"type": "array", "items": entry},
            "pagination": {"$ref": pagination},
        },
    }
