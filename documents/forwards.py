"""What the gateway passes on to the services: one row for each method and path, read at its start.

A route is in it because its service describes it for the outside; those of the internal ports are
not asked for, and one whose door is not for the outside ends the build.
"""

import json
from collections.abc import Iterable

from documents.openapi import SERVICES
from linktime_common.http.operations import SECONDS
from linktime_common.http.routes import Route
from linktime_common.identity import Door
from linktime_gateway.api.routes import OWN_NAME
from linktime_scim.api.scim import FORWARDED

OUTSIDE = {Door.API_KEY, Door.SESSION, Door.PUBLIC, Door.SCIM_TOKEN}


class NotForTheOutside(Exception):
    """A route that is to be forwarded has another door, or several."""


def build() -> bytes:
    """The file, a row on each line; raises NotForTheOutside."""
    rows = [
        row(name, route)
        for name, service in SERVICES.items()
        for route in described(service.routes)
        if name != OWN_NAME
    ]
    rows += [row("scim", route) for route in FORWARDED]
    return b"[\n" + b",\n".join(json.dumps(one).encode() for one in rows) + b"\n]\n"


def described(routes: Iterable[Route]) -> list[Route]:
    """Those with an operation."""
    return [route for route in routes if route.operation is not None]


def row(service: str, route: Route) -> dict[str, object]:
    """One route of a service as the gateway reads it; raises NotForTheOutside."""
    if len(route.doors) != 1 or not route.doors <= OUTSIDE:
        raise NotForTheOutside(f"{service}: {route.method} {route.path}")
    (door,) = route.doors
    return {
        "method": route.method,
        "path": route.path,
        "service": service,
        "door": door,
        "seconds": route.operation.seconds if route.operation else SECONDS,
    }
