"""The id of a request: in its answer, and in the log lines, calls and events that it causes."""

import re
from contextvars import ContextVar
from typing import Final, TypeGuard

from linktime_common.ids import random_hex

REQUEST_ID: Final = "X-Request-Id"
_VALID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the current request, or of the request that caused the current message."""


def is_request_id(text: object) -> TypeGuard[str]:
    """Whether the text can be the id of a request."""
    return isinstance(text, str) and _VALID.fullmatch(text) is not None


def begin_request(candidate: str | None) -> str:
    """Continue the caller's id if it is valid, or make one; returns the current id."""
    identifier = candidate if is_request_id(candidate) else f"req_{random_hex(96)}"
    current.set(identifier)
    return identifier
