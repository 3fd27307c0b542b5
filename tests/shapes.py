"""Bodies for ingest endpoints, and checks of values against the shapes of docs/api.md."""

import re
from typing import Any

from tests.api_page import WITHIN, fields

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
IS_INSTANT = re.compile(r".+(Time|At)|timestamp")
MESSAGE = {
    "source": "crm",
    "channel": "SMS",
    "direction": "INBOUND",
    "contactPhone": "+4915112345678",
    "ourPhone": "+4930123456",
    "sentAt": "2026-03-01T14:00:00Z",
    "body": "Hello",
}
CALL = {
    "source": "crm",
    "direction": "INBOUND",
    "startedAt": "2026-03-01T14:00:00Z",
    "durationSeconds": 60,
    "status": "COMPLETED",
    "contactPhone": "+4915112345678",
}


def check(shape: str, value: Any) -> None:
    """Check the fields of `value` and of nested values, and the format of every instant."""
    assert set(value) == fields(shape)
    for name, one in value.items():
        if IS_INSTANT.fullmatch(name) and isinstance(one, str):
            assert INSTANT.fullmatch(one), (name, one)
    for inner, (outer, field) in WITHIN.items():
        if outer == shape:
            assert value[field], f"no {inner} to look at"
            for one in value[field]:
                check(inner, one)
