"""A user's own profile, on the dashboard."""

from functools import partial
from typing import Any, Self

from aiohttp import web
from pydantic import ConfigDict

from linktime_common.contracts.wire import Instant
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Name, RequestModel, TimezoneName, leave_out_defaults
from linktime_common.http.idempotency import Answer
from linktime_scim.api.me import Profile
from linktime_scim.api.writes import write
from linktime_scim.deps import DEPS
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users
from linktime_scim.use_cases.change_profile import ChangeProfile, change_profile


class FullProfile(Profile):
    """What the dashboard shows beside what a key sees."""

    timezone: str
    created_at: Instant

    @classmethod
    def of(cls, account: Account) -> Self:
        """The reply about `account`."""
        return cls.model_validate(account.state.model_dump())


class ProfileChanges(RequestModel):
    """A field that is not sent stays; what cannot be changed may be sent back, and is ignored."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Never read: only what was sent is changed.
    name: Name = ""
    timezone: TimezoneName = ""
    id: Any = None
    email: Any = None
    username: Any = None
    plan: Any = None
    effective_plan: Any = None
    created_at: Any = None


async def get_profile(request: web.Request) -> web.Response:
    """The user's own account."""
    user_id = auth.user_id(request)
    async with request.app[DEPS].database.connection() as connection:
        account = await users.find(connection, user_id)
    if account is None:
        raise UserNotFound(user_id=user_id)
    return bodies.reply(FullProfile.of(account))


async def patch_profile(request: web.Request) -> web.Response:
    """Change the name or the time zone."""
    body = await bodies.read(request, ProfileChanges)
    command = ChangeProfile(auth.user_id(request), body.name or None, body.timezone or None)
    return await write(request, partial(change_profile, command, request.app[DEPS]), _told)


def _told(account: Account) -> Answer:
    return Answer(200, FullProfile.of(account).model_dump(mode="json"))
