"""Who is calling, as the middleware found out."""

from typing import Final
from uuid import UUID

from aiohttp import web

from linktime_common.http.routes import Route
from linktime_common.identity import Door, Identity, IdentityRefused

CALLER: Final = web.RequestKey("caller", Identity)


def caller(request: web.Request) -> Identity:
    """The verified identity of the request in hand."""
    return request[CALLER]


def user_id(request: web.Request) -> UUID:
    """The user a key or session belongs to; raises IdentityRefused where there is none."""
    subject = caller(request).subject
    if subject is None:
        raise IdentityRefused("this door needs a user")
    return subject


def check(identity: Identity, route: Route) -> None:
    """Raise IdentityRefused unless the caller came through one of the route's doors."""
    if identity.door not in route.doors:
        raise IdentityRefused(f"wrong door: {identity.door}")
    if identity.door is Door.SERVICE and identity.issuer not in route.issuers:
        raise IdentityRefused(f"not for the service {identity.issuer}")
