"""What schemathesis cannot guess of our values; it loads this beside its settings."""

import re
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
KEY = "Idempotency-Key"

schemathesis.openapi.format("timezone", strategies.sampled_from(ZONES))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Give every write a key of its own: a repeated one is answered from memory, or with 422."""
    if re.fullmatch(r"[ -~]{1,255}", str((case.headers or {}).get(KEY, ""))):
        case.headers[KEY] = str(uuid4())
