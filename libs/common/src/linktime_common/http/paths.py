"""Values out of a route's path."""

from uuid import UUID

from aiohttp import web

from linktime_common.errors import Refusal
from linktime_common.ids import parse_id


def path_id(request: web.Request, name: str, *, otherwise: type[Refusal]) -> UUID:
    """The id in the path; one that is no id names nothing, so `otherwise` (not found) is raised."""
    parsed = parse_id(request.match_info[name])
    if parsed is None:
        raise otherwise()
    return parsed
