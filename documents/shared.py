"""What every operation of the OpenAPI document shares: errors, headers, credentials, words."""

from typing import Any

INTRODUCTION = """\
Everything is JSON, named in camelCase. Instants are ISO 8601 in UTC with milliseconds and `Z`; \
any offset is read, an instant without one is refused. Optional values are null, never missing. \
Ids are opaque: a malformed one is not found, like an unknown one and like somebody else's.

Lists are pages: `page` counts from 1, `limit` is 20 unless given. Unknown body fields are \
refused, but read-only fields of the same resource are passed over. Unknown query parameters are \
ignored.

Writes take an `Idempotency-Key`, kept for 24 hours: the same key with the same body is answered \
as the first time, with another body 422.

By default an API key has 60 requests a minute. A client address has 10 requests a minute to the \
public booking endpoint, 120 to the public reads, and 5 failed key checks. SCIM tokens have 6000."""

# Status, name of the shared answer, when, and one sentence as it is sent.
ERRORS: dict[int, tuple[str, str, str]] = {
    400: (
        "Invalid",
        "A parameter or the body is wrong, the time zone unknown, the JSON malformed",
        "Invalid request data",
    ),
    401: ("Unauthorized", "The key is missing, invalid, expired or inactive", "Invalid API key"),
    403: (
        "Forbidden",
        "The role is not enough, or the request does not come from the dashboard's own pages",
        "Your role in the organization does not allow this",
    ),
    404: ("NotFound", "There is no such thing, or it is not yours", "Not found"),
    405: ("MethodNotAllowed", "The path has other methods", "Method not allowed"),
    408: (
        "TooSlow",
        "The body did not arrive within 10 s; the connection closes",
        "The body did not arrive in time",
    ),
    409: (
        "Conflict",
        "E-mail already used, slot taken or outside the rules, booking already cancelled",
        "The time is no longer available",
    ),
    413: ("TooLarge", "The body is larger than 1 MiB", "The body is larger than 1 MiB"),
    415: ("NotJson", "The body is not JSON", "Send the body as application/json"),
    422: (
        "KeyReused",
        "The Idempotency-Key was used with another body",
        "The Idempotency-Key was used with another body",
    ),
    429: ("TooManyRequests", "A rate limit", "Too many requests, please try again later"),
    500: (
        "Fault",
        "Our fault, logged with the request id",
        "Something went wrong on our side",
    ),
    503: (
        "Unavailable",
        "A service is down or too slow. A write may have happened: repeat it with its key",
        "The service is temporarily unavailable, please try again",
    ),
}
ERROR_HEADERS: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_WHOLE = {"type": "integer", "minimum": 0}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names this request in our logs; what a caller sends is kept",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait", "schema": _WHOLE},
    "RateLimit-Limit": {"description": "Requests that the window allows", "schema": _WHOLE},
    "RateLimit-Remaining": {"description": "Requests left in the window", "schema": _WHOLE},
    "RateLimit-Reset": {"description": "Seconds until the window ends", "schema": _WHOLE},
    "WWW-Authenticate": {
        "description": "The credential that is asked for",
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
        "description": "Where this page stands; a page past the end is empty",
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
    "description": "Any text of your own that names this write, kept for 24 hours",
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
        "description": "The `csrfToken` that signing in answered, with everything that changes "
        "something",
    },
}


def components() -> dict[str, Any]:
    """The shared components; the services' schemas are added."""
    return {
        "schemas": dict(_SCHEMAS),
        "responses": {name: error_answer(status) for status, (name, _, _) in ERRORS.items()},
        "parameters": {"IdempotencyKey": _KEY},
        "headers": _HEADERS,
        "securitySchemes": _CREDENTIALS,
    }


def error_answer(status: int, words: str | None = None) -> dict[str, Any]:
    """The described answer of an error, in its own words or the operation's."""
    _, when, sentence = ERRORS[status]
    example: dict[str, Any] = {"error": sentence}
    if status == 400:  # noqa: PLR2004
        example["details"] = {"email": "Invalid email format"}
    return {
        "description": words or when,
        "headers": headers("X-Request-Id", *ERROR_HEADERS.get(status, ())),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "example": example,
            }
        },
    }


def headers(*names: str) -> dict[str, Any]:
    """References to the shared headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
