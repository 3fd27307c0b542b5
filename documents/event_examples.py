"""One message of each version of an event, which every later version of the code must read.

The AsyncAPI document contains them. They are kept as they are; a new event gets one that is made
from its declaration, whose values may be replaced by better ones before the event is published.
"""

from collections.abc import Mapping
from typing import Any

from linktime_common.contracts.events import EVENTS, Event

Example = dict[str, Any]

ENVELOPE: Example = {
    "specversion": "1.0",
    "id": "01950010-0000-7000-8000-0000000000ff",
    "time": "2026-03-01T14:00:00.000Z",
    "subject": "01950002-0000-7000-8000-000000000001",
    "datacontenttype": "application/json",
    "ownerid": "01950001-0000-7000-8000-000000000001",
    "aggregateversion": 1772373600000000,
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
VALUES: Mapping[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
FORMATS = {"uuid": ENVELOPE["subject"], "date-time": ENVELOPE["time"]}
"""Values by JSON Schema's `type`, and texts by its `format`."""


def examples_in(document: dict[str, Any]) -> dict[str, Example]:
    """Return the examples that the AsyncAPI document contains, by routing key."""
    messages = document["components"]["messages"]
    return {key: one["examples"][0]["payload"] for key, one in messages.items()}


def all_examples(kept: Mapping[str, Example]) -> dict[str, Example]:
    """Return an example of each event by routing key: the kept one, or a new one."""
    keys = {event.routing_key(): event for event in EVENTS}
    return {key: kept.get(key) or _made(event, kept) for key, event in keys.items()}


def _made(event: type[Event], kept: Mapping[str, Example]) -> Example:
    """Return a message with the values that other events have for the same fields."""
    schema = event.model_json_schema(mode="serialization")
    known = {
        name: value
        for other in EVENTS
        if other.publisher == event.publisher and other.routing_key() in kept
        for name, value in kept[other.routing_key()]["data"].items()
        if _declares_the_same(event, other, name)
    }
    data = {
        name: known[name] if name in known else _value(name, field, schema.get("$defs", {}))
        for name, field in schema["properties"].items()
        if name in known or "default" not in field
    }
    of_event = {"source": f"/{event.publisher}", "type": event.type, "data": data}
    return ENVELOPE | of_event | {"dataschema": f"urn:linktime:{event.routing_key()}"}


def _declares_the_same(event: type[Event], other: type[Event], wire_name: str) -> bool:
    fields = [
        {field.alias or name: field.annotation for name, field in one.model_fields.items()}
        for one in (event, other)
    ]
    first, second = (one.get(wire_name) for one in fields)
    return first is not None and first == second


def _value(name: str, schema: dict[str, Any], defined: dict[str, Any]) -> Any:
    """Return a value that the schema of a field allows; a text is the field's name."""
    if "$ref" in schema:
        schema = defined[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _value(name, schema["anyOf"][0], defined)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema["type"] == "object":
        parts = schema.get("properties", {})
        return {part: _value(part, one, defined) for part, one in parts.items()}
    if schema["type"] == "array":
        return [_value(name, schema["items"], defined)]
    if schema["type"] == "string":
        return FORMATS.get(schema.get("format", ""), name)
    return VALUES[schema["type"]]
