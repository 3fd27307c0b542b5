"""How far the deletion of a user is, for the operator.

See contracts.internal_api.user_deletions.
"""

from aiohttp import web

from linktime_common.contracts.internal_api.user_deletions import UserDeletion
from linktime_common.http import bodies
from linktime_common.http.routes import Route, get
from linktime_common.identity import CallerKind
from linktime_common.ids import parse_id
from linktime_common.postgres import Database
from linktime_common.user_deletion import find_state


def user_deletion_routes(database: Database) -> list[Route]:
    """Return the route on every service's internal port."""

    async def get_deletion(request: web.Request) -> web.Response:
        user_id = parse_id(request.match_info["id"])
        if user_id is None:
            raise bodies.invalid("id", "Not an id")
        async with database.connection() as connection:
            state = await find_state(connection, user_id)
        return bodies.reply(UserDeletion(user_id=user_id, state=state))

    return [get("/internal/user-deletions/{id}", get_deletion, CallerKind.OPERATOR)]
