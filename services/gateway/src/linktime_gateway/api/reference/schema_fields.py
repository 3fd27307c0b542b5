"""The fields of a JSON Schema as table rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 4
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "minLength": "characters at least",
    "maxLength": "characters at most",
    "minItems": "entries at least",
    "maxItems": "entries at most",
    "pattern": "pattern",
    "default": "default",
}


@dataclass(frozen=True)
class Field:
    """One row: dotted name, type, whether it is required, and description."""

    name: str
    kind: str
    required: bool
    words: str


class Fields:
    """Reads schemas whose references point into `schemas` (`#/components/schemas/…`)."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Field]:
        """Yield the fields of an object, each followed by its nested fields."""
        resolved = self._not_null(schema)
        required = resolved.get("required", [])
        for name, given in resolved.get("properties", {}).items():
            yield Field(prefix + name, self.kind(given), name in required, words(given))
            if depth < DEEPEST:
                inner, mark = self._inner(given)
                yield from self.of(inner, f"{prefix}{name}{mark}.", depth + 1)

    def kind(self, schema: dict[str, Any]) -> str:
        """Return a short description of the type."""
        resolved = self._resolved(schema)
        if "anyOf" in resolved:
            return " or ".join(dict.fromkeys(self.kind(one) for one in resolved["anyOf"]))
        if "enum" in resolved:
            return " | ".join(map(str, resolved["enum"]))
        if "const" in resolved:
            return str(resolved["const"])
        if resolved.get("type") == "array" and "items" in resolved:
            return f"list of {self.kind(resolved['items'])}"
        kind = resolved.get("type", "anything")
        return str(resolved.get("format") or kind)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: dict[str, Any] = self._schemas[reference.rpartition("/")[2]]
        return found

    def _not_null(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the resolved schema, or the only alternative to null."""
        resolved = self._resolved(schema)
        choices = [one for one in resolved.get("anyOf", ()) if one != {"type": "null"}]
        return self._not_null(choices[0]) if len(choices) == 1 else resolved

    def _inner(self, schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
        resolved = self._not_null(schema)
        if resolved.get("type") == "array":
            return resolved.get("items") or {}, "[]"
        return resolved, ""


def words(schema: dict[str, Any]) -> str:
    """Return a schema's description and limits."""
    limits = [
        f"{text} `{schema[name]}`" for name, text in _LIMITS.items() if schema.get(name) is not None
    ]
    for choice in schema.get("anyOf", ()):
        limits += [f"{text} `{choice[name]}`" for name, text in _LIMITS.items() if name in choice]
    described = schema.get("description", "").rstrip(".")
    return "; ".join([described, *limits] if described else limits)
