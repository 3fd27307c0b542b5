"""Errors under the SCIM root, as RFC 7644 section 3.12 words them."""

import orjson
from aiohttp import hdrs, web

from linktime_common.identity import Door
from linktime_gateway.api.forwards import SCIM_ROOT
from linktime_gateway.domain.route_table import Forward

MEDIA_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def speaks_scim(route: Forward | None, target: str) -> bool:
    """Whether who sent this expects SCIM: by its route, else by its path as it was sent."""
    if route is not None:
        return route.door is Door.SCIM_TOKEN
    path = target.partition("?")[0]
    return path == SCIM_ROOT or path.startswith(f"{SCIM_ROOT}/")


def worded_as_scim(response: web.Response) -> web.Response:
    """An error in the product's own shape in SCIM's; one that is SCIM's already stays."""
    if response.content_type == MEDIA_TYPE:
        return response
    told = orjson.loads(response.body or b"{}")  # type: ignore[arg-type]
    body = {
        "schemas": [ERROR],
        "status": str(response.status),
        "detail": told.get("error", "Request refused"),
    }
    headers = {
        name: response.headers[name]
        for name in (hdrs.ALLOW, hdrs.RETRY_AFTER, hdrs.ACCEPT_ENCODING)
        if name in response.headers
    }
    worded = web.Response(
        status=response.status, body=orjson.dumps(body), content_type=MEDIA_TYPE, headers=headers
    )
    if response.keep_alive is False:
        worded.force_close()
    return worded
