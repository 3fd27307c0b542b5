"""A part of the OpenAPI description: some of its paths, with what they refer to."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any


def part(whole: dict[str, Any], includes: Callable[[str], bool]) -> dict[str, Any]:
    """Return a copy with the paths for which `includes` is true, their tags and their schemas."""
    paths = {path: one for path, one in whole["paths"].items() if includes(path)}
    operations = [
        operation for one in (paths | whole["webhooks"]).values() for operation in one.values()
    ]
    used_tags = {tag for operation in operations for tag in operation["tags"]}
    ways = {way for one in operations for ways in one.get("security", ()) for way in ways}
    components = whole["components"]
    schemas = _used_schemas([paths, whole["webhooks"], components["responses"]], components)
    kept = components | {
        "schemas": {name: components["schemas"][name] for name in sorted(schemas)},
        "securitySchemes": {
            name: scheme for name, scheme in components["securitySchemes"].items() if name in ways
        },
    }
    document = whole | {
        "tags": [tag for tag in whole["tags"] if tag["name"] in used_tags],
        "paths": paths,
        "components": kept,
    }
    return deepcopy({name: value for name, value in document.items() if value})


def _used_schemas(roots: list[Any], components: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that are referred to, directly or through others."""
    used: set[str] = set()
    waiting = list(roots)
    while waiting:
        found = {name for name in _references(waiting.pop()) if name not in used}
        used |= found
        waiting += [components["schemas"][name] for name in found]
    return used


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
            yield reference.rpartition("/")[2]
        for one in value.values():
            yield from _references(one)
