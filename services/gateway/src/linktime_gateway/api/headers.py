"""Forwarded request headers, security headers and CORS headers."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import hdrs, web
from multidict import MultiMapping

from linktime_common.http.ignored_parameters import IGNORED_PARAMETERS
from linktime_common.http.request_problems import FIELD_TOO_LARGE, MOST_FIELD_BYTES
from linktime_gateway.clients.upstream import IDEMPOTENCY_KEY

_HARDENED: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}

# The booking page and the embed widget run on any site. These routes use no cookie, so a
# cross-origin read exposes nothing private.
READABLE_ANYWHERE: Final[Mapping[str, str]] = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: (
        f"ETag, Idempotent-Replayed, Link, {IGNORED_PARAMETERS}, Location, RateLimit-Limit, "
        "RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id"
    ),
}
PREFLIGHT_SECONDS = 7200

# Other request headers are not forwarded.
REQUEST_HEADERS: Final = (
    hdrs.ACCEPT,
    hdrs.ACCEPT_ENCODING,
    hdrs.ACCEPT_LANGUAGE,
    hdrs.CONTENT_TYPE,
    IDEMPOTENCY_KEY,
    hdrs.IF_MATCH,
    hdrs.IF_NONE_MATCH,
)


def hardening(public_url: str | None) -> Mapping[str, str]:
    """Return the default security headers; a response may override them."""
    https = public_url is not None and public_url.startswith("https://")
    return {**_HARDENED, **_HTTPS_ONLY} if https else _HARDENED


def forwarded_headers(incoming: MultiMapping[str]) -> dict[str, str]:
    """Return the headers to forward, the lines of each joined as in RFC 9110 5.3.

    Raises HTTPRequestHeaderFieldsTooLarge for what a service would refuse.
    """
    headers = {
        name: ", ".join(values) for name in REQUEST_HEADERS if (values := incoming.getall(name, ()))
    }
    for value in headers.values():
        if len(value.encode("utf-8", "surrogateescape")) > MOST_FIELD_BYTES:
            raise web.HTTPRequestHeaderFieldsTooLarge(reason=FIELD_TOO_LARGE)
    return headers


def preflight_reply(methods: Iterable[str]) -> web.Response:
    """Return the response to a CORS preflight request."""
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(sorted(methods)),
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: (
                "Content-Type, Idempotency-Key, If-None-Match, X-Request-Id"
            ),
            hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_SECONDS),
        },
    )
