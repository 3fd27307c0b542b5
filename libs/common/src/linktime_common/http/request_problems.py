"""Requests that cannot be relied on, and their statuses and sentences."""

import re

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from multidict import MultiMapping

from linktime_common.http.bodies import MOST_BYTES
from linktime_common.http.errors import TOO_LARGE

VERSIONS = (HttpVersion11, HttpVersion10)
# RFC 9110 4.1 recommends this much. The parser's errors differ only in the limit: two numbers.
MOST_URL_BYTES = 8_000
MOST_FIELD_BYTES = 8_190
MOST_FIELDS = 128
FIELD_TOO_LARGE = f"A header is larger than {MOST_FIELD_BYTES:,} bytes"
BAD_REQUEST, CONTENT_TOO_LARGE, URL_TOO_LONG, FIELDS_TOO_LARGE = 400, 413, 414, 431
NOT_IMPLEMENTED, VERSION_NOT_SUPPORTED = 501, 505
# Fields with one value, beside those that the parser refuses: a program in front of ours may read
# the other one. A field that is a list may have several lines.
ONCE = (hdrs.AUTHORIZATION, "Idempotency-Key", hdrs.ORIGIN, "Sec-Fetch-Site", "X-CSRF-Token")

# RFC 9110 7.2: `uri-host [ ":" port ]` of RFC 3986, where neither a user nor an empty host of
# http is valid; the digits of an IPv6 address are not checked.
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]{0,5})?"
)
_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)


def limit_of(error: BaseException | None) -> tuple[int, str] | None:
    """Return status and sentence for a request that exceeds a limit of the parser, or None."""
    if isinstance(error, LineTooLong):
        if error.args[1] == MOST_URL_BYTES:
            return URL_TOO_LONG, f"The URL is longer than {MOST_URL_BYTES:,} bytes"
        return FIELDS_TOO_LARGE, FIELD_TOO_LARGE
    if isinstance(error, BadHttpMessage) and error.message == "Too many headers received":
        return FIELDS_TOO_LARGE, f"The request has more than {MOST_FIELDS} headers"
    return None


def problem_of(request: web.BaseRequest) -> tuple[int, str] | None:
    """Return status and sentence for a request that cannot be relied on, or None."""
    if request._version not in VERSIONS:  # noqa: SLF001 - `version` would be kept
        return VERSION_NOT_SUPPORTED, "Send the request as HTTP/1.1 or HTTP/1.0"
    coding = request.headers.get(hdrs.TRANSFER_ENCODING)
    if coding is not None:
        # RFC 9112 6.1: the parser uses only the last coding, which HTTP/1.0 does not allow at all.
        if request._version == HttpVersion10:  # noqa: SLF001
            return BAD_REQUEST, "Send a request of HTTP/1.0 without Transfer-Encoding"
        if not coding:
            return BAD_REQUEST, "Send Transfer-Encoding: chunked, or no Transfer-Encoding"
        if coding.lower() != "chunked":
            return NOT_IMPLEMENTED, "Send the body without a Transfer-Encoding other than chunked"
    # The parser treats its largest number as no length, and reads no body.
    elif not request.body_exists and (request.content_length or 0) > MOST_BYTES:
        return CONTENT_TOO_LARGE, TOO_LARGE
    return _repeated(request.headers) or _problem_of_host(request)


def _problem_of_host(request: web.BaseRequest) -> tuple[int, str] | None:
    """Refuse an invalid host: RFC 9112 3.2; the parser refuses HTTP/1.1 without Host.

    A valid one that is not ours is accepted, also in a target in absolute form: a proxy may use any
    name for us, and no answer depends on it.
    """
    host = request.headers.get(hdrs.HOST)
    if host is not None and not _HOST.fullmatch(host):
        return BAD_REQUEST, "Send Host as a name or an address, with or without a port"
    target = _ABSOLUTE.match(request.raw_path)
    if target is not None and not _HOST.fullmatch(target[1]):
        return BAD_REQUEST, "Send the URL with a valid host, or only its path and query"
    return None


def _repeated(headers: MultiMapping[str]) -> tuple[int, str] | None:
    for name in ONCE:
        if len(headers.getall(name, ())) > 1:
            return BAD_REQUEST, f"Send the header {name} only once"
    return None
