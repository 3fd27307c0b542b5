"""Parsing of messages: the event and the attempt count."""

from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from linktime_common import json_input, logs
from linktime_common.contracts.events import Event
from linktime_common.json_input import TooDeep
from linktime_common.texts import storable

ATTEMPT = "x-attempt"
SCHEMA_PREFIX = "urn:linktime:"


class NotAnEvent(Exception):
    """The message is not a valid event; no retry can succeed."""


def read(body: bytes) -> tuple[dict[str, Any], str]:
    """Return the CloudEvents document and its routing key; raises NotAnEvent."""
    try:
        document = json_input.parse(body)
        schema = document["dataschema"]
        if not schema.startswith(SCHEMA_PREFIX):
            raise NotAnEvent("Its dataschema is unknown")
    except TooDeep as error:
        raise NotAnEvent(str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotAnEvent("It is not a CloudEvents document") from error
    return document, schema.removeprefix(SCHEMA_PREFIX)


def parse(
    event_type: type[Event], document: dict[str, Any], traceparent: str | None = None
) -> Event:
    """Parse the event in the document; raises NotAnEvent."""
    try:
        return event_type.from_envelope(document, traceparent)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise NotAnEvent(f"It does not match {event_type.routing_key()}: {where}") from error
    except (KeyError, TypeError) as error:
        raise NotAnEvent(f"It lacks {error}") from error


def routing_key(message: AbstractIncomingMessage) -> str:
    """Return the event's routing key."""
    # After a delay the message's own key is the queue's name; the document has the event's.
    try:
        return read(message.body)[1]
    except NotAnEvent:
        return message.routing_key or ""


def attempt(message: AbstractIncomingMessage) -> int:
    """Return the number of this attempt, from 1."""
    earlier = message.headers.get(ATTEMPT)
    return max(earlier if isinstance(earlier, int) else 0, 0) + 1


def message_id(message: AbstractIncomingMessage) -> str | None:
    """Return the message id, sanitized for storage, logs and republishing."""
    return storable(message.message_id or "") or None


def traceparent(message: AbstractIncomingMessage) -> str | None:
    """Return the trace context of the request that wrote the event; None if invalid."""
    value = message.headers.get("traceparent")
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return value if isinstance(value, str) and logs.is_traceparent(value) else None
