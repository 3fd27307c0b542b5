"""The fields of a JSON Schema as rows for people."""

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
    """One row: a dotted name, what may stand there, whether it must, and what it means."""

    name: str
    kind: str
    required: bool
    words: str


class Fields:
    """Reads schemas whose references point into `schemas` (`#/components/schemas/…`)."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Field]:
        """Every field of an object, nested ones behind it; none for anything else."""
        held = self._held(schema)
        required = held.get("required", [])
        for name, given in held.get("properties", {}).items():
            yield Field(prefix + name, self.kind(given), name in required, words(given))
            if depth < DEEPEST:
                inner, mark = self._inner(given)
                yield from self.of(inner, f"{prefix}{name}{mark}.", depth + 1)

    def kind(self, schema: dict[str, Any]) -> str:
        """What may stand there, in a few words."""
        held = self._resolved(schema)
        if "anyOf" in held:
            return " or ".join(dict.fromkeys(self.kind(one) for one in held["anyOf"]))
        if "enum" in held:
            return " | ".join(map(str, held["enum"]))
        if "const" in held:
            return str(held["const"])
        if held.get("type") == "array" and "items" in held:
            return f"list of {self.kind(held['items'])}"
        kind = held.get("type", "anything")
        return str(held.get("format") or kind)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: dict[str, Any] = self._schemas[reference.rpartition("/")[2]]
        return found

    def _held(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema itself, or the one beside null."""
        held = self._resolved(schema)
        choices = [one for one in held.get("anyOf", ()) if one != {"type": "null"}]
        return self._held(choices[0]) if len(choices) == 1 else held

    def _inner(self, schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
        held = self._held(schema)
        if held.get("type") == "array":
            return held.get("items") or {}, "[]"
        return held, ""


def words(schema: dict[str, Any]) -> str:
    """What a schema says of a value: its description and its limits."""
    limits = [
        f"{said} `{schema[name]}`" for name, said in _LIMITS.items() if schema.get(name) is not None
    ]
    for choice in schema.get("anyOf", ()):
        limits += [f"{said} `{choice[name]}`" for name, said in _LIMITS.items() if name in choice]
    described = schema.get("description", "").rstrip(".")
    return "; ".join([described, *limits] if described else limits)
