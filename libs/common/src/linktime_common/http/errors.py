"""Error responses: `{"error": sentence, "code": code}`; a validation error adds `details`."""

import random
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import Counter

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.errors import InvalidRequest, Overloaded, Refusal
from linktime_common.identity import IdentityRefused
from linktime_common.json_input import TooDeep
from linktime_common.logs import logger
from linktime_common.sqlstates import Fault, fault_of

INVALID = "Invalid request data"
REFUSED_VALUE = "A value in the request is too long, out of range or has characters not allowed"
# From and to: clients that were refused together do not come back together.
RETRY_AFTER_SECONDS = (1, 4)

# Sentences for statuses without a more specific cause.
TOO_LARGE = "The body is larger than 1 MiB"
SENTENCES = {
    400: INVALID,
    404: "Not found",
    405: "Method not allowed",
    408: "The body did not arrive in time",
    413: TOO_LARGE,
    415: "Send the body as application/json",
    422: "This Idempotency-Key was used with another request body",
    500: "Something went wrong on our side",
    503: "The service is temporarily unavailable, please try again",
}
# The codes of errors that are not refusals, unless there is a more specific one.
CODES = {
    400: ErrorCode.INVALID_REQUEST,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    408: ErrorCode.REQUEST_TIMEOUT,
    413: ErrorCode.BODY_TOO_LARGE,
    414: ErrorCode.URL_TOO_LONG,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    422: ErrorCode.IDEMPOTENCY_KEY_REUSED,
    431: ErrorCode.HEADERS_TOO_LARGE,
    500: ErrorCode.INTERNAL_ERROR,
    501: ErrorCode.TRANSFER_ENCODING_UNSUPPORTED,
    503: ErrorCode.UNAVAILABLE,
    505: ErrorCode.VERSION_UNSUPPORTED,
}
ERRORS = Counter("linktime_http_errors", "Error responses of this service", ["code"])
_OWN_WORDS = {404, 405, 413}  # aiohttp's own exceptions that get our sentences
_PASSED_HEADERS = ("Allow", "Accept-Encoding")


class MalformedJson(Exception):
    """The body is not JSON."""


class NotJson(Exception):
    """The body's media type is not JSON."""


StatusTable = Mapping[type[Refusal], int]
"""A service's refusals and their status codes, from its `api/errors.py`."""


def error_body(sentence: str, code: str, details: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the body of an error."""
    body: dict[str, Any] = {"error": sentence, "code": code}
    return body | {"details": details} if details else body


def error_reply(
    status: int,
    sentence: str,
    *,
    code: str | None = None,
    details: dict[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return a response in the error format; `code` is that of the status unless given, `more` are
    further fields of a refusal."""
    code = code or CODES.get(status, ErrorCode.REQUEST_REFUSED)
    ERRORS.labels(code).inc()
    return web.Response(
        status=status,
        body=orjson.dumps({**error_body(sentence, code, details), **(more or {})}),
        content_type="application/json",
        headers=headers,
    )


def unavailable_reply() -> web.Response:
    """Return 503: a dependency is unavailable or slow; a write may have happened."""
    return error_reply(503, SENTENCES[503], headers={"Retry-After": retry_after()})


def retry_after() -> str:
    """Return a number of seconds, at random."""
    return str(random.randint(*RETRY_AFTER_SECONDS))  # noqa: S311


def reply_to(error: Exception, statuses: StatusTable) -> web.Response:
    """Return the response for an exception; the only place that maps them."""
    if isinstance(error, Refusal):
        seconds = error.retry_after_seconds
        headers = None if seconds is None else {"Retry-After": str(seconds)}
        return error_reply(
            statuses[type(error)],
            error.sentence,
            code=error.code,
            more=error.more,
            headers=headers,
        )
    if isinstance(error, web.HTTPException):
        return _reply_to_http(error)
    return _reply_to_malformed(error) or _reply_to_fault(error)


def _reply_to_malformed(error: Exception) -> web.Response | None:
    match error:
        case InvalidRequest():
            return error_reply(400, INVALID, details=error.details)
        case MalformedJson():
            return _malformed("The body is not valid JSON")
        case TooDeep():
            return _malformed(str(error))
        case web.RequestPayloadError():
            return _malformed("The body is malformed")
        case NotJson():
            return error_reply(415, SENTENCES[415])
        case _:
            return None


def _malformed(sentence: str) -> web.Response:
    return error_reply(400, sentence, code=ErrorCode.MALFORMED_BODY)


def _reply_to_fault(error: Exception) -> web.Response:
    if isinstance(error, IdentityRefused):
        logger().error("identity refused", reason=error)
        return unavailable_reply()
    if isinstance(error, Overloaded):
        # A line for each one would add to the load; the request's own line names the class.
        return unavailable_reply()
    match fault_of(error):
        case Fault.DATABASE | Fault.CONFLICT:
            logger().warning("unavailable", reason=error)
            return unavailable_reply()
        case Fault.CALLER:
            logger().warning("the database refused a value", reason=error)
            return error_reply(400, REFUSED_VALUE)
    logger().error("unexpected error", exc_info=error)
    return error_reply(500, SENTENCES[500])


def _reply_to_http(error: web.HTTPException) -> web.Response:
    headers = {name: error.headers[name] for name in _PASSED_HEADERS if name in error.headers}
    sentence = SENTENCES[error.status] if error.status in _OWN_WORDS else error.reason
    return error_reply(error.status, sentence, headers=headers)
