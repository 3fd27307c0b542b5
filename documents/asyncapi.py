"""The AsyncAPI 3 document of the events that services tell each other.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from linktime_common.contracts.events import EVENTS, Event

SAMPLES = Path(__file__).parents[1] / "libs/common/tests/contracts/samples"
_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}


def build() -> dict[str, Any]:
    """The whole document."""
    refs, schemas = models_json_schema(
        [(event, "serialization") for event in EVENTS],
        ref_template="#/components/schemas/{model}",
    )
    messages = {
        event.routing_key(): _message(event, refs[event, "serialization"]) for event in EVENTS
    }
    defined: dict[str, Any] = schemas.get("$defs", {})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "LinkTime's events",
            "version": "1",
            "description": (
                "CloudEvents 1.0 in structured mode, at least once, each with the whole state "
                "after the change. A reader ignores fields it does not know."
            ),
            "license": {"name": "Apache 2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.routing_key(): _channel(event) for event in EVENTS},
        "operations": {name: said for event in EVENTS for name, said in _operations(event).items()},
        "components": {
            "messages": messages,
            "schemas": {name: _of_every_age(one) for name, one in defined.items()},
        },
    }


def _of_every_age(schema: dict[str, Any]) -> dict[str, Any]:
    """What was added to a version later has a default: older messages are without it."""
    properties = schema.get("properties", {})
    required = [name for name in schema.get("required", ()) if "default" not in properties[name]]
    return schema | {"required": required} if required else schema


def _channel(event: type[Event]) -> dict[str, Any]:
    key = event.routing_key()
    return {
        "address": key,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": "linktime.events", "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operations(event: type[Event]) -> dict[str, Any]:
    key = event.routing_key()
    told = {
        "channel": {"$ref": f"#/channels/{key}"},
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
    }
    readers = {
        f"{name}.receives.{key}": {"action": "receive", "summary": f"{name} takes it in"} | told
        for name in sorted(event.consumers)
    }
    sent = {"action": "send", "summary": f"{event.publisher} publishes it"} | told
    return {f"{event.publisher}.sends.{key}": sent} | readers


def _message(event: type[Event], data: dict[str, Any]) -> dict[str, Any]:
    key = event.routing_key()
    constants = {
        "specversion": "1.0",
        "source": f"/{event.publisher}",
        "type": event.type,
        "datacontenttype": "application/json",
        "dataschema": f"urn:linktime:{key}",
    }
    fields: dict[str, Any] = {name: {"const": value} for name, value in constants.items()}
    fields |= {
        "id": _ID,
        "time": {"type": "string", "format": "date-time"},
        "subject": _ID | {"description": "What changed"},
        "ownerid": _ID | {"description": "The user it belongs to"},
        "aggregateversion": {
            "type": "integer",
            "description": "Grows with every change; what is not newer than what is known is old",
        },
        "data": data,
    }
    sample = json.loads((SAMPLES / f"{key}.json").read_text("utf-8"))
    return {
        "name": event.type,
        "title": f"{event.type}, version {event.version}",
        "summary": event.__doc__,
        "contentType": "application/cloudevents+json",
        "payload": {
            "type": "object",
            "required": list(fields),
            "properties": fields | {"traceparent": _TEXT},
        },
        "examples": [{"payload": sample}],
    }
