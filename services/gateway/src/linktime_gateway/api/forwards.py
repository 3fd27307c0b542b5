"""What the outside reaches of the services: `documents/forwards.json`, written by `make openapi`.

The rows come from the services' own routes. What is neither in the file nor in `routes.py` cannot
be reached from outside, whatever a service answers. Each door opens paths of its own, and no path
of a service's internal port is among them: a file that says otherwise is refused.
"""

from importlib.resources import files

import orjson

from linktime_common.identity import Door
from linktime_gateway.domain.route_table import Forward

SCIM_ROOT = "/api/scim/v2"
PLACES = {
    Door.API_KEY: ("/api/v1/", "/api/ingest/"),
    Door.SESSION: ("/dashboard/api/",),
    Door.PUBLIC: ("/api/bookings/", "/api/public/"),
    Door.SCIM_TOKEN: (f"{SCIM_ROOT}/",),
}
"""Where the paths of each door begin."""


def read_forwards(content: bytes) -> list[Forward]:
    """The rows of the file; raises ValueError for a path that its door does not open."""
    return [_forward(**row) for row in orjson.loads(content)]


def load_forwards() -> list[Forward]:
    """The rows of the file in this package; raises as `read_forwards` does."""
    return read_forwards((files("linktime_gateway") / "documents" / "forwards.json").read_bytes())


def _forward(*, method: str, path: str, service: str, door: str, seconds: float) -> Forward:
    if not f"{path}/".startswith(PLACES.get(Door(door), ())):
        raise ValueError(f"The door {door} does not open {method} {path}")
    return Forward(method, path, service, Door(door), seconds)
