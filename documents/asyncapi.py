"""The AsyncAPI 3 document of the events between services.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from documents.event_examples import Example, all_examples, examples_in
from linktime_common.contracts.events import EVENTS, Event

_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_REQUEST_ID = _TEXT | {"description": "`X-Request-Id` of the request that caused it, if one did"}


def build(before: dict[str, Any]) -> dict[str, Any]:
    """Return the whole document, with the examples of the one `before`."""
    examples = all_examples(examples_in(before))
    refs, schemas = models_json_schema(
        [(event, "serialization") for event in EVENTS],
        ref_template="#/components/schemas/{model}",
    )
    messages = {
        key: _message(event, refs[event, "serialization"], examples[key])
        for key, event in ((event.routing_key(), event) for event in EVENTS)
    }
    defined: dict[str, Any] = schemas.get("$defs", {})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "LinkTime's events",
            "version": "1",
            "description": (
                "CloudEvents 1.0 in structured mode, delivered at least once, with the whole state "
                "after the change. Consumers ignore unknown fields."
            ),
            "license": {"name": "Apache 2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.routing_key(): _channel(event) for event in EVENTS},
        "operations": {name: one for event in EVENTS for name, one in _operations(event).items()},
        "components": {
            "messages": messages,
            "schemas": {name: _with_optional_defaults(one) for name, one in defined.items()},
        },
    }


def _with_optional_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Make fields with a default optional: older messages of the version do not have them."""
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
    shared = {
        "channel": {"$ref": f"#/channels/{key}"},
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
    }
    readers = {
        f"{name}.receives.{key}": {"action": "receive", "summary": f"{name} consumes it"} | shared
        for name in sorted(event.consumers)
    }
    sent = {"action": "send", "summary": f"{event.publisher} publishes it"} | shared
    return {f"{event.publisher}.sends.{key}": sent} | readers


def _message(event: type[Event], data: dict[str, Any], example: Example) -> dict[str, Any]:
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
        "ownerid": _ID | {"description": "The user that owns it"},
        "aggregateversion": {
            "type": "integer",
            "description": "Increases with every change; ignore an event that is not newer",
        },
        "data": data,
    }
    return {
        "name": event.type,
        "title": f"{event.type}, version {event.version}",
        "summary": event.__doc__,
        "contentType": "application/cloudevents+json",
        "payload": {
            "type": "object",
            "required": list(fields),
            "properties": fields | {"traceparent": _TEXT, "requestid": _REQUEST_ID},
        },
        "examples": [{"payload": example}],
    }
