"""SCIM 2.0 for identity providers: one view in front of scim2-server's core."""

import asyncio
from uuid import UUID

import orjson
from aiohttp import web
from scim2_models import SCIMException
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from linktime_common.contracts.events.scim import Plan
from linktime_common.http import auth
from linktime_common.http.bodies import query_of
from linktime_common.http.routes import Route, route
from linktime_common.identity import CallerKind, IdentityRefused
from linktime_scim.api.scim_errors import error_reply
from linktime_scim.deps import DEPS, Deps
from linktime_scim.domain.errors import NeedsBusiness
from linktime_scim.scim.model import PROVIDER
from linktime_scim.scim.service import MemberService
from linktime_scim.scim.storage import MemberStorage
from linktime_scim.store import scim_members

PREFIX = "/api/scim/v2"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANSWER_SECONDS = 2.5  # within the gateway's limit of three seconds

SERVICE = MemberService(PROVIDER)


async def serve(request: web.Request) -> web.Response:
    """Handle every request below SCIM's path; errors are SCIM errors."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reply = await _reply(request, request.app[DEPS])
    except SCIMException as error:
        reply = SERVICE.error_response(error)
    except Exception as error:
        reply = error_reply(error)
    body = None if reply.body is None else orjson.dumps(reply.body)
    return web.Response(status=reply.status, body=body, headers=reply.headers)


async def _reply(request: web.Request, deps: Deps) -> ScimResponse:
    organization_id = _organization_id(request)
    async with deps.database.connection() as connection:
        plan = await scim_members.plan(connection, organization_id)
    if plan is not Plan.BUSINESS:
        raise NeedsBusiness(organization_id=organization_id)
    # The core handles HEAD as GET; aiohttp omits the body.
    method = "GET" if request.method == "HEAD" else request.method
    # The root means all resources in RFC 7644, where a provider looks for the supported ones.
    path = request.path.removeprefix(PREFIX).rstrip("/") or "/ServiceProviderConfig"
    reads = method == "GET" or path.endswith("/.search")
    storage = MemberStorage(deps, organization_id, writes=not reads)
    return await AsyncScimHandler(SERVICE, storage).handle(
        ScimRequest(
            method=method,
            base_url=deps.public_url + PREFIX,
            path=path,
            query=query_of(request),
            headers=request.headers,
            body=await request.read(),
        )
    )


def _organization_id(request: web.Request) -> UUID:
    organization_id = auth.caller(request).organization
    if organization_id is None:
        raise IdentityRefused("a SCIM caller needs an organization")
    return organization_id


ROUTES = [
    route(method, path, serve, CallerKind.SCIM_TOKEN)
    for path in (PREFIX, PREFIX + "/{tail:.*}")
    for method in METHODS
]

_FORWARDED = {
    "": ("GET",),
    "/ServiceProviderConfig": ("GET",),
    "/Schemas": ("GET",),
    "/Schemas/{id}": ("GET",),
    "/ResourceTypes": ("GET",),
    "/ResourceTypes/{id}": ("GET",),
    "/Users": ("GET", "POST"),
    "/Users/{id}": ("GET", "PUT", "PATCH", "DELETE"),
    "/Users/.search": ("POST",),
    "/.search": ("POST",),
    # Not supported: the core replies with a SCIM error.
    "/Bulk": ("POST",),
    "/Me": ("GET", "POST", "PUT", "PATCH", "DELETE"),
}
FORWARDED: list[Route] = [
    route(method, PREFIX + path, serve, CallerKind.SCIM_TOKEN)
    for path, methods in _FORWARDED.items()
    for method in methods
]
"""The part of `ROUTES` that identity providers reach through the gateway."""
