"""The caller's identity, set by the middleware."""

from typing import Final
from uuid import UUID

from aiohttp import web

from linktime_common.errors import InvalidRequest
from linktime_common.http.routes import HOST_ID, Route
from linktime_common.identity import CallerKind, Identity, IdentityRefused
from linktime_common.ids import parse_id

CALLER: Final = web.RequestKey("caller", Identity)


def caller(request: web.Request) -> Identity:
    """Return the verified identity of the request."""
    return request[CALLER]


def user_id(request: web.Request) -> UUID:
    """Return the user of a key or session, or the host that the operator names in the path.

    Raises IdentityRefused for other callers, InvalidRequest if the path has no id.
    """
    if caller(request).caller_kind is CallerKind.OPERATOR and HOST_ID in request.match_info:
        named = parse_id(request.match_info[HOST_ID])
        if named is None:
            raise InvalidRequest({"hostId": "Not an id"})
        return named
    subject = caller(request).subject
    if subject is None:
        raise IdentityRefused("this route needs a user")
    return subject


def check(identity: Identity, route: Route) -> None:
    """Raise IdentityRefused unless the route allows the caller's kind."""
    if identity.caller_kind not in route.caller_kinds:
        raise IdentityRefused(f"caller kind not allowed: {identity.caller_kind}")
    if identity.caller_kind is CallerKind.SERVICE and identity.issuer not in route.issuers:
        raise IdentityRefused(f"not for the service {identity.issuer}")
