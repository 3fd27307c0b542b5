"""The routes that the gateway forwards to services: one row for each method and path.

Public routes that a service describes are included, those of internal ports are not. A route
without exactly one external caller kind fails the build.
"""

import json
from collections.abc import Iterable

from documents.openapi import SERVICES
from linktime_common.http.operations import SECONDS
from linktime_common.http.routes import Route
from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import OWN_NAME
from linktime_scim.api.scim import FORWARDED

OUTSIDE = {CallerKind.API_KEY, CallerKind.SESSION, CallerKind.PUBLIC, CallerKind.SCIM_TOKEN}


class NotForwardable(Exception):
    """A route to be forwarded has no external caller kind, or several."""


def build() -> bytes:
    """Return the file, one row per line; raises NotForwardable."""
    rows = [
        row(name, route)
        for name, service in SERVICES.items()
        for route in described(service.routes)
        if name != OWN_NAME
    ]
    rows += [row("scim", route) for route in FORWARDED]
    return b"[\n" + b",\n".join(json.dumps(one).encode() for one in rows) + b"\n]\n"


def described(routes: Iterable[Route]) -> list[Route]:
    """Return the routes with an operation."""
    return [route for route in routes if route.operation is not None]


def row(service: str, route: Route) -> dict[str, object]:
    """Return the row of a route; raises NotForwardable."""
    if len(route.caller_kinds) != 1 or not route.caller_kinds <= OUTSIDE:
        raise NotForwardable(f"{service}: {route.method} {route.path}")
    (caller_kind,) = route.caller_kinds
    return {
        "method": route.method,
        "path": route.path,
        "service": service,
        "caller_kind": caller_kind,
        "seconds": route.operation.seconds if route.operation else SECONDS,
    }
