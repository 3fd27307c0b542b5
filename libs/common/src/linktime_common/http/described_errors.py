"""Descriptions of the error statuses in the OpenAPI document."""

from typing import NamedTuple


class DescribedError(NamedTuple):
    """The name of the shared response, its description and its headers."""

    name: str
    when: str
    headers: tuple[str, ...] = ()


ERRORS: dict[int, DescribedError] = {
    400: DescribedError(
        "Invalid",
        "A parameter or the body is wrong, the time zone unknown, the JSON malformed; `details` "
        "names each field",
    ),
    401: DescribedError(
        "Unauthorized",
        "The key is missing, invalid, expired or inactive",
        ("WWW-Authenticate",),
    ),
    403: DescribedError(
        "Forbidden",
        "The role is not enough, or the request does not come from the dashboard's own pages",
    ),
    404: DescribedError("NotFound", "It does not exist, or is not yours"),
    405: DescribedError("MethodNotAllowed", "The path has other methods", ("Allow",)),
    408: DescribedError("TooSlow", "The body did not arrive within 10 s; the connection closes"),
    409: DescribedError(
        "Conflict",
        "E-mail already used, slot taken or outside the rules, booking already cancelled",
    ),
    413: DescribedError("TooLarge", "The body is larger than 1 MiB"),
    415: DescribedError("NotJson", "The body is not JSON"),
    422: DescribedError("KeyReused", "The Idempotency-Key was used with another body"),
    429: DescribedError(
        "TooManyRequests",
        "Too many requests; `Retry-After` says when to try again",
        ("Retry-After",),
    ),
    500: DescribedError("Fault", "Our fault, logged with the request id"),
    503: DescribedError(
        "Unavailable",
        "A service is unavailable or slow; a write may have happened, so repeat it with its "
        "key after `Retry-After`, which varies at random",
        ("Retry-After",),
    ),
}
