"""The public routes of the services, from `documents/forwards.json`, written by `make openapi`.

The rows come from the services' own routes. A path that is neither in the file nor in
`api/routes.py` is not reachable from outside. Each caller kind has its own path prefixes, none of
which is on an internal port; a file with another path is refused.
"""

from importlib.resources import files

import orjson

from linktime_common.identity import CallerKind
from linktime_gateway.domain.route_table import Forward

SCIM_ROOT = "/api/scim/v2"
PATH_PREFIXES = {
    CallerKind.API_KEY: ("/api/v1/", "/api/ingest/"),
    CallerKind.SESSION: ("/dashboard/api/",),
    CallerKind.PUBLIC: ("/api/bookings/", "/api/public/"),
    CallerKind.SCIM_TOKEN: (f"{SCIM_ROOT}/",),
}
"""The path prefixes of each caller kind."""


def read_forwards(content: bytes) -> list[Forward]:
    """Return the rows of the file; raises ValueError for a path outside its caller kind's
    prefixes."""
    return [_forward(**row) for row in orjson.loads(content)]


def load_forwards() -> list[Forward]:
    """Return the rows of the packaged file; raises as `read_forwards` does."""
    return read_forwards((files("linktime_gateway") / "documents" / "forwards.json").read_bytes())


def _forward(*, method: str, path: str, service: str, caller_kind: str, seconds: float) -> Forward:
    if not f"{path}/".startswith(PATH_PREFIXES.get(CallerKind(caller_kind), ())):
        raise ValueError(f"Callers of the kind {caller_kind} may not call {method} {path}")
    return Forward(method, path, service, CallerKind(caller_kind), seconds)


SERVICES = sorted({forward.service for forward in load_forwards()})
"""The services with forwarded routes."""
