"""What operations declare about their answers: address, tag of the present state, compression."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from aiohttp import hdrs, web

from linktime_common.http.compression import LEAST_BYTES, compress
from linktime_common.http.etags import is_known
from linktime_common.http.operations import Location, Operation
from linktime_common.http.routes import Route
from linktime_common.identity import CallerKind

OK, CREATED, NOT_MODIFIED = 200, 201, 304
TAG_BYTES = 12
# A browser asks before it uses its copy, and proxies for several users store none.
REVALIDATED = "private, no-cache"
UNCHANGED = (hdrs.ETAG, hdrs.CACHE_CONTROL, hdrs.VARY)  # of a 304 (RFC 9110 15.4.5)


def below(field: str) -> Location:
    """Return the address below the request's own path; `field` of the answer is its last part."""

    def address(path: str, body: Mapping[str, Any]) -> str:
        return f"{path}/{body[field]}"

    return address


async def as_declared(
    request: web.Request, response: web.StreamResponse, route: Route
) -> web.StreamResponse:
    """Add what the route's operation declares; return 304 if the client has the present state."""
    operation = route.operation
    if operation is None or not isinstance(response, web.Response):
        return response
    body = response.body
    if not isinstance(body, bytes):
        return response
    if response.status == CREATED and operation.location is not None:
        response.headers[hdrs.LOCATION] = operation.location(
            request.rel_url.raw_path, orjson.loads(body)
        )
    compressible = response.status == OK and _is_compressible(operation, route, body)
    if compressible:
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if response.status == OK and operation.conditional:
        response = _tagged(request, response, body)
    if response.status == OK and compressible:
        await compress(request, response, body)
    return response


def _is_compressible(operation: Operation, route: Route, body: bytes) -> bool:
    has_session = CallerKind.SESSION in route.caller_kinds
    return operation.compressible and not has_session and len(body) >= LEAST_BYTES


def _tagged(request: web.Request, response: web.Response, body: bytes) -> web.Response:
    # Weak: the same state may be sent compressed.
    value = blake2b(body, digest_size=TAG_BYTES).hexdigest()
    response.headers.update({hdrs.ETAG: f'W/"{value}"', hdrs.CACHE_CONTROL: REVALIDATED})
    if not is_known(request, value):
        return response
    unchanged = {name: response.headers[name] for name in UNCHANGED if name in response.headers}
    return web.Response(status=NOT_MODIFIED, headers=unchanged)
