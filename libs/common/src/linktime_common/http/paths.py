"""Values from a route's path."""

from uuid import UUID

from aiohttp import web

from linktime_common.errors import Refusal
from linktime_common.ids import parse_id


def path_id(request: web.Request, name: str, *, otherwise: type[Refusal]) -> UUID:
    """Return the id in the path; raises `otherwise` (not found) for a malformed one."""
    parsed = parse_id(request.match_info[name])
    if parsed is None:
        raise otherwise()
    return parsed
