"""Headers that an owner adds to deliveries, and which ones are allowed."""

import re
from collections import Counter
from collections.abc import Mapping

MOST_HEADERS = 20
MOST_NAME_CHARACTERS = 100
MOST_VALUE_BYTES = 4096
MASK = "•••"
"""The mask that replaces the value of a custom header in replies."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
# RFC 9110 section 5.5; receivers decode other characters differently.
_VALUE = re.compile(r"[\t\x20-\x7e]*")

# Set by LinkTime, or about the connection and not the message.
_DENIED = frozenset(
    (
        "accept",
        "accept-encoding",  # a compressed response could not be read in the log
        "connection",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    )
)
_DENIED_PREFIXES = ("content-", "proxy-", "webhook-")


def problems_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the problems by field; empty if the headers may be sent."""
    if len(headers) > MOST_HEADERS:
        return {"headers": f"At most {MOST_HEADERS} headers"}
    often = Counter(name.lower() for name in headers)
    found = {}
    for name, value in headers.items():
        problem = (
            _problem_of_name(name)
            or _problem_of_value(value)
            or ("The name is used twice" if often[name.lower()] > 1 else None)
        )
        if problem is not None:
            found[f"headers.{name[:MOST_NAME_CHARACTERS]}"] = problem
    return found


def _problem_of_name(name: str) -> str | None:
    if len(name) > MOST_NAME_CHARACTERS:
        return f"The name is longer than {MOST_NAME_CHARACTERS} characters"
    if not _TOKEN.fullmatch(name):
        return "Not a header name"
    if name.lower() in _DENIED or name.lower().startswith(_DENIED_PREFIXES):
        return "This header cannot be set"
    return None


def _problem_of_value(value: str) -> str | None:
    if value == MASK:
        return None  # keeps the stored value
    if not _VALUE.fullmatch(value):
        return "The value must have only visible ASCII characters, blanks and tabs"
    if len(value) > MOST_VALUE_BYTES:
        return f"The value is longer than {MOST_VALUE_BYTES} bytes"
    return None
