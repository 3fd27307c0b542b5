"""Errors under the SCIM root, in the format of RFC 7644 section 3.12."""

import orjson
from aiohttp import hdrs, web

from linktime_common.http.media_types import media_type_of
from linktime_common.identity import CallerKind
from linktime_gateway.clients.forwards import SCIM_ROOT
from linktime_gateway.domain.route_table import Forward

MEDIA_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def expects_scim(route: Forward | None, target: str) -> bool:
    """Return whether the client expects SCIM, by the route or else by the requested path."""
    if route is not None:
        return route.caller_kind is CallerKind.SCIM_TOKEN
    path = target.partition("?")[0]
    return path == SCIM_ROOT or path.startswith(f"{SCIM_ROOT}/")


def as_scim_error(response: web.Response) -> web.Response:
    """Convert an error response to SCIM's format; SCIM responses are returned unchanged."""
    if media_type_of(response.headers.get(hdrs.CONTENT_TYPE, "")) == MEDIA_TYPE:
        return response
    document = orjson.loads(response.body or b"{}")  # type: ignore[arg-type]
    body = {
        "schemas": [ERROR],
        "status": str(response.status),
        "detail": document.get("error", "Request refused"),
    }
    headers = {
        name: response.headers[name]
        for name in (hdrs.ALLOW, hdrs.RETRY_AFTER, hdrs.ACCEPT_ENCODING)
        if name in response.headers
    }
    converted = web.Response(
        status=response.status, body=orjson.dumps(body), content_type=MEDIA_TYPE, headers=headers
    )
    if response.keep_alive is False:
        converted.force_close()
    return converted
