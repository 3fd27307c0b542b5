"""Shared components of the OpenAPI document: errors, headers, credentials."""

from typing import Any

from linktime_bookings.domain.errors import SlotTaken
from linktime_common.http.described_errors import ERRORS
from linktime_common.http.errors import INVALID, SENTENCES
from linktime_gateway.domain.errors import (
    ForeignRequest,
    InvalidApiKey,
    NotSignedIn,
    PathRefused,
    TooManyRequests,
)

# The gateway's own errors, and examples for statuses with several errors.
_SENTENCES = SENTENCES | {
    401: InvalidApiKey.sentence,
    403: ForeignRequest.sentence,
    409: SlotTaken.sentence,
    429: TooManyRequests.sentence,
}
_INVALID = {"error": INVALID, "details": {"email": "Invalid email format"}}
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_WHOLE = {"type": "integer", "minimum": 0}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Identifies this request in our logs; a valid id of the client is kept",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait", "schema": _WHOLE},
    "RateLimit-Limit": {"description": "Requests that the window allows", "schema": _WHOLE},
    "RateLimit-Remaining": {"description": "Requests left in the window", "schema": _WHOLE},
    "RateLimit-Reset": {"description": "Seconds until the window ends", "schema": _WHOLE},
    "WWW-Authenticate": {
        "description": "The required credential",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Allow": {"description": "The methods of the path", "schema": {"type": "string"}},
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "Error": {
        "type": "object",
        "description": "What went wrong in one sentence; a validation error names each field",
        "required": ["error"],
        "properties": {
            "error": {"type": "string"},
            "details": {"$ref": "#/components/schemas/ErrorDetails"},
        },
        "additionalProperties": False,
    },
    "ErrorDetails": {
        "type": "object",
        "description": "A sentence for each field that is wrong, nested fields dotted",
        "additionalProperties": {"type": "string"},
    },
    "Pagination": {
        "type": "object",
        "description": "The position of this page; a page past the end is empty",
        "required": ["page", "limit", "total", "totalPages"],
        "properties": {
            "page": {"type": "integer", "minimum": 1},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "total": _WHOLE,
            "totalPages": _WHOLE,
        },
        "additionalProperties": False,
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text that identifies this write, kept for 24 hours",
    "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
    "example": "5f2c1d9e-book-zoe",
}
_CREDENTIALS = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`lt_live_…`), made in the settings; Pro or Business",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "linktime_session",
        "description": "The dashboard's cookie, set by signing in",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "The `csrfToken` from signing in, required for every change",
    },
}


def components() -> dict[str, Any]:
    """Return the shared components; the services' schemas are added."""
    return {
        "schemas": dict(_SCHEMAS),
        "responses": {
            error.name: error_answer(status, example=_INVALID if status == 400 else None)  # noqa: PLR2004
            for status, error in ERRORS.items()
        },
        "parameters": {"IdempotencyKey": _KEY},
        "headers": _HEADERS,
        "securitySchemes": _CREDENTIALS,
    }


def error_answer(
    status: int, *, words: str | None = None, example: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the response of an error, with the shared or the operation's own description."""
    return {
        "description": words or ERRORS[status].when,
        "headers": headers("X-Request-Id", *ERRORS[status].headers),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "example": example or {"error": _SENTENCES[status]},
            }
        },
    }


def example(status: int, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the example of a status for which the operation lists no refusal."""
    sentence = _SENTENCES[status]
    if status == 401 and any("session" in way for way in operation["security"]):  # noqa: PLR2004
        sentence = NotSignedIn.sentence
    if status == 400:  # noqa: PLR2004 - without body and query, only the path can be invalid
        sentence = PathRefused.sentence
    return {"error": sentence}


def headers(*names: str) -> dict[str, Any]:
    """Return references to the shared headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
