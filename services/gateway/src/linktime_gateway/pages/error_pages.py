"""Errors as pages, for browsers."""

from collections.abc import Mapping

import orjson
from aiohttp import hdrs, web

from linktime_common.http.media_types import media_type_of
from linktime_gateway.pages.built import load
from linktime_gateway.pages.shells import compose, language_of, respond

# By the error's code; each has the texts page.<name>.title and page.<name>.text.
NAMES = {
    "host_not_found": "unknown",
    "event_type_not_found": "gone",
    "booking_not_found": "link",
    "not_found": "unknown",
    "rate_limited": "busy",
    "unavailable": "away",
}
OTHER = "away"
UNKNOWN = "unknown"
# Their clients are programs, also when a browser sends the request.
FOR_PROGRAMS = ("/api/", "/dashboard/api/")


def wants_page(request: web.BaseRequest) -> bool:
    """Return whether the request is a browser's for a page."""
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, ()))
    return "text/html" in accepted and not request.path.startswith(FOR_PROGRAMS)


async def as_page(
    response: web.Response, request: web.BaseRequest, limits: Mapping[str, str]
) -> web.Response:
    """Return the error as a page; unchanged if it is one, or if no pages are built."""
    if load() is None or media_type_of(response.headers.get(hdrs.CONTENT_TYPE, "")) == "text/html":
        return response
    code = _code(response)
    facts: Mapping[str, str] = {
        "name": NAMES.get(code, OTHER if response.status >= 500 else UNKNOWN),  # noqa: PLR2004
        "host": request.path.split("/")[1] if code == "event_type_not_found" else "",
        "seconds": response.headers.get(hdrs.RETRY_AFTER) or limits.get(hdrs.RETRY_AFTER, ""),
    }
    shell = await compose("message", language_of(request), facts=facts)
    page = respond(shell, request, status=response.status)
    for name in (hdrs.RETRY_AFTER, hdrs.ALLOW):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    if response.keep_alive is False:
        page.force_close()
    return page


def _code(response: web.Response) -> str:
    body = response.body
    try:
        return str(orjson.loads(body)["code"]) if isinstance(body, bytes) else ""
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
