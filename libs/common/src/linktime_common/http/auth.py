"""The caller's identity, set by the middleware."""

from typing import Final
from uuid import UUID

from aiohttp import web

from linktime_common.http.routes import Route
from linktime_common.identity import CallerKind, Identity, IdentityRefused

CALLER: Final = web.RequestKey("caller", Identity)


def caller(request: web.Request) -> Identity:
    """Return the verified identity of the request."""
    return request[CALLER]


def user_id(request: web.Request) -> UUID:
    """Return the user of a key or session; raises IdentityRefused for other callers."""
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
