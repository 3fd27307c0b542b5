"""Hooks for values that schemathesis cannot guess; loaded beside its settings."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
KEY = "Idempotency-Key"
SHORTEST_LIMIT = 50  # characters, of the fields that are trimmed

schemathesis.openapi.format("timezone", strategies.sampled_from(ZONES))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Give every write a unique key: a repeated key gets the stored response, or 422."""
    if re.fullmatch(r"[ -~]{1,255}", str((case.headers or {}).get(KEY, ""))):
        case.headers[KEY] = str(uuid4())


@schemathesis.hook
def filter_body(_context: Any, body: Any) -> bool:
    """Leave out texts whose outer blanks exceed the limit: trimming is not in the schema."""
    return not any(len(text) > SHORTEST_LIMIT and text != text.strip() for text in texts(body))


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a body, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
