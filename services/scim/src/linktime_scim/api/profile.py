"""A user's own profile, on the dashboard."""

from functools import partial
from typing import Any, Self

from aiohttp import web
from pydantic import ConfigDict

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Name, RequestModel, TimezoneName, leave_out_defaults
from linktime_common.idempotency import Answer
from linktime_scim.api.me import Profile
from linktime_scim.api.writes import write
from linktime_scim.deps import DEPS, Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users
from linktime_scim.use_cases.change_profile import ChangeProfile, change_profile
from linktime_scim.use_cases.set_plan import SetPlan, choose_plan


class FullProfile(Profile):
    """What the dashboard shows beside what a key sees; `planIsYours`: the user may change it."""

    timezone: str
    plan_is_yours: bool
    created_at: Instant

    @classmethod
    def of(cls, account: Account, deps: Deps) -> Self:
        """The reply about `account`."""
        return cls(**account.state.model_dump(by_alias=False), plan_is_yours=deps.plan_changes)


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
    plan_is_yours: Any = None
    created_at: Any = None


class ChosenPlan(RequestModel):
    plan: Plan


async def get_profile(request: web.Request) -> web.Response:
    """The user's own account."""
    user_id, deps = auth.user_id(request), request.app[DEPS]
    async with deps.database.connection() as connection:
        account = await users.find(connection, user_id)
    if account is None:
        raise UserNotFound(user_id=user_id)
    return bodies.reply(FullProfile.of(account, deps))


async def patch_profile(request: web.Request) -> web.Response:
    """Change the name or the time zone."""
    body = await bodies.read(request, ProfileChanges)
    command = ChangeProfile(auth.user_id(request), body.name or None, body.timezone or None)
    deps = request.app[DEPS]
    return await write(request, partial(change_profile, command, deps), partial(_told, deps))


async def put_plan(request: web.Request) -> web.Response:
    """Choose another plan, where the operator leaves it to users."""
    body = await bodies.read(request, ChosenPlan)
    command, deps = SetPlan(auth.user_id(request), body.plan), request.app[DEPS]
    return await write(request, partial(choose_plan, command, deps), partial(_told, deps))


def _told(deps: Deps, account: Account) -> Answer:
    return Answer(200, FullProfile.of(account, deps).model_dump(mode="json"))
