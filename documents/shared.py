"""Shared components of the OpenAPI document: errors, headers, credentials."""

from typing import Any

from linktime_bookings.domain.errors import SlotTaken
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.errors import Refusal
from linktime_common.http.described_errors import ERRORS
from linktime_common.http.errors import CODES, INVALID, SENTENCES, error_body
from linktime_common.http.ignored_parameters import IGNORED_PARAMETERS, MOST_CHARACTERS
from linktime_gateway.domain.errors import (
    ForeignRequest,
    InvalidApiKey,
    NotSignedIn,
    PathRefused,
    TooManyRequests,
)


def _refused(refusal: type[Refusal]) -> dict[str, Any]:
    return error_body(refusal.sentence, refusal.code)


# The gateway's own errors, and examples for statuses with several errors.
_EXAMPLES = {
    **{status: error_body(sentence, CODES[status]) for status, sentence in SENTENCES.items()},
    401: _refused(InvalidApiKey),
    403: _refused(ForeignRequest),
    409: _refused(SlotTaken),
    429: _refused(TooManyRequests),
}
_INVALID = error_body(INVALID, CODES[400], {"email": "Invalid email format"})
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_WHOLE = {"type": "integer", "minimum": 0}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Identifies this request in our logs; a valid id of the client is kept",
        "schema": {"type": "string"},
    },
    IGNORED_PARAMETERS: {
        "description": (
            "Query parameters of the request that this operation does not have: sorted, "
            "percent-encoded, 500 characters at most; absent without any"
        ),
        "schema": {"type": "string", "maxLength": MOST_CHARACTERS},
        "example": "stauts",
    },
    "Retry-After": {"description": "Seconds to wait", "schema": _WHOLE},
    "RateLimit-Limit": {"description": "Requests that the window allows", "schema": _WHOLE},
    "RateLimit-Remaining": {"description": "Requests left in the window", "schema": _WHOLE},
    "RateLimit-Reset": {"description": "Seconds until the window ends", "schema": _WHOLE},
    "WWW-Authenticate": {
        "description": "The required credential",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Location": {
        "description": "The address of the new resource",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Link": {
        "description": 'The address of the next page as `rel="next"`; absent on the last page',
        "schema": {"type": "string"},
        "example": '</api/v1/contacts/export?cursor=AAAA>; rel="next"',
    },
    "ETag": {
        "description": "Identifies the present state, for `If-None-Match`",
        "schema": {"type": "string", "pattern": '^W/"[0-9a-f]+"$'},
    },
    "Idempotent-Replayed": {
        "description": "Sent if this is the stored response of an earlier request with the key",
        "schema": {"type": "string", "const": "true"},
    },
    "Allow": {"description": "The methods of the path", "schema": {"type": "string"}},
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "Error": {
        "type": "object",
        "description": "What went wrong, as a sentence and a code; a validation error names each "
        "field. Later versions may add properties",
        "required": ["error", "code"],
        "properties": {
            "error": {"type": "string"},
            # Any text, so that clients generated from this version accept codes of later ones.
            "code": {"anyOf": [{"$ref": "#/components/schemas/ErrorCode"}, {"type": "string"}]},
            "details": {"$ref": "#/components/schemas/ErrorDetails"},
            "nearest": {
                "type": "array",
                "description": "Of a time that cannot be booked: the nearest free starts, if any",
                "items": {"type": "string", "format": "date-time"},
                "maxItems": 5,
            },
            "eventTypes": {
                "type": "array",
                "description": "Of a schedule in use: the event types that use it, oldest first",
                "maxItems": 200,
                "items": {
                    "type": "object",
                    "required": ["id", "name"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "name": {"type": "string"},
                    },
                },
            },
        },
    },
    "ErrorCode": {
        "type": "string",
        "description": "What went wrong, for programs; later versions may add codes",
        "enum": [code.value for code in ErrorCode],
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
_SCHEMAS["CursorPagination"] = _SCHEMAS["Pagination"] | {
    "description": (
        "The position of this page. `nextCursor`, sent as `cursor`, continues after its last "
        "entry; null on the last page. With a cursor `page` counts the pages read."
    ),
    "required": [*_SCHEMAS["Pagination"]["required"], "nextCursor"],
    "properties": _SCHEMAS["Pagination"]["properties"]
    | {"nextCursor": {"type": ["string", "null"], "maxLength": 100}},
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
                "example": example or _EXAMPLES[status],
            }
        },
    }


def example(status: int, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the example of a status for which the operation lists no refusal."""
    if status == 401 and any("session" in way for way in operation["security"]):  # noqa: PLR2004
        return _refused(NotSignedIn)
    if status == 400:  # noqa: PLR2004 - without body and query, only the path can be invalid
        return _refused(PathRefused)
    return _EXAMPLES[status]


def headers(*names: str) -> dict[str, Any]:
    """Return references to the shared headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
