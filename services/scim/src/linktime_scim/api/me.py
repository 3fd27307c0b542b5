"""The key owner's own profile."""

from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users


class Profile(WireModel):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    effective_plan: Plan


async def get_me(request: web.Request) -> web.Response:
    user_id = auth.user_id(request)
    async with request.app[DEPS].database.connection() as connection:
        account = await users.find(connection, user_id)
    if account is None:
        raise UserNotFound(user_id=user_id)
    return bodies.reply(
        Profile(
            id=account.id,
            email=account.email,
            name=account.name,
            username=account.username,
            plan=account.plan,
            effective_plan=account.effective_plan,
        )
    )
