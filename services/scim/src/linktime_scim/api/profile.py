"""A user's profile, over API keys and on the dashboard."""

from functools import partial
from typing import Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import ConfigDict, Field

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import (
    LanguageTag,
    Name,
    RequestModel,
    TimezoneName,
    leave_out_defaults,
)
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply
from linktime_scim.api.fields import PlanName, Username
from linktime_scim.deps import DEPS, Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import PlanNotYours, UsernameTaken, UserNotFound
from linktime_scim.store import users
from linktime_scim.use_cases.change_profile import ChangeProfile, change_profile
from linktime_scim.use_cases.set_plan import SetPlan, choose_plan

TAG = "Profile"


class Profile(WireModel):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    effective_plan: Plan


class FullProfile(Profile):
    """The dashboard's additions to the profile.

    `locale` is the language of mails; `planIsYours`: the user may change the plan.
    """

    timezone: str
    locale: str | None
    plan_is_yours: bool
    created_at: Instant

    @classmethod
    def of(cls, account: Account, deps: Deps) -> Self:
        """Build the reply for `account`."""
        return cls(**account.state.model_dump(by_alias=False), plan_is_yours=deps.plan_changes)


class ProfileChanges(RequestModel):
    """Fields that are not sent keep their values; read-only ones may be sent back."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Never read: only sent fields are changed.
    name: Name = ""
    timezone: TimezoneName = ""
    username: Username = ""
    locale: LanguageTag | None = Field(
        None,
        description=(
            "Language of the mails to you: en, de, es, fr or ar, also with a region; mails are in "
            "English for any other and for null."
        ),
    )
    id: Any = None
    email: Any = None
    plan: Any = None
    effective_plan: Any = None
    plan_is_yours: Any = None
    created_at: Any = None


class ChosenPlan(RequestModel):
    plan: PlanName


EXAMPLE = Profile(
    id="0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6070",
    email="ada@example.com",
    name="Ada Host",
    username="ada",
    plan="PRO",
    effective_plan="BUSINESS",
)
FULL = FullProfile(
    **EXAMPLE.model_dump(by_alias=False),
    timezone="Europe/Berlin",
    locale="de-AT",
    plan_is_yours=False,
    created_at="2026-02-20T09:30:00Z",
)


@Operation(
    summary="Read your profile",
    description=(
        "`effectivePlan` is the highest of your own plan and what your organizations give you."
    ),
    tag=TAG,
    reply=EXAMPLE,
    conditional=True,
)
async def get_me(request: web.Request) -> web.Response:
    account = await _account(request)
    return bodies.reply(Profile.model_validate(account.state.model_dump()))


@Operation(
    summary="Read your profile on the dashboard",
    tag=TAG,
    reply=FULL,
    conditional=True,
)
async def get_profile(request: web.Request) -> web.Response:
    return bodies.reply(FullProfile.of(await _account(request), request.app[DEPS]))


async def _account(request: web.Request) -> Account:
    user_id = auth.user_id(request)
    async with request.app[DEPS].database.connection() as connection:
        account = await users.find(connection, user_id)
    if account is None:
        raise UserNotFound(user_id=user_id)
    return account


@Operation(
    summary="Change your name, time zone, language or username",
    description=(
        "Fields that are not sent keep their values; others may be sent back unchanged. Links with "
        "the previous username go to you for 90 days, and after that until somebody else takes it."
    ),
    tag=TAG,
    body=ProfileChanges,
    body_example={"name": "Ada Host", "timezone": "Europe/Berlin", "locale": "de-AT"},
    reply=FULL,
    errors={
        UsernameTaken: (
            "Somebody has this username, or had it within 90 days; or you have 10 former "
            "usernames, each kept for 90 days"
        )
    },
    idempotent=True,
)
async def patch_profile(request: web.Request) -> web.Response:
    body = await bodies.read(request, ProfileChanges)
    command = ChangeProfile(
        user_id=auth.user_id(request),
        name=body.name or None,
        timezone=body.timezone or None,
        username=body.username or None,
        locale=body.locale,
        sets_locale="locale" in body.model_fields_set,
    )
    deps = request.app[DEPS]
    act = partial(change_profile, command, deps)
    return await write(request, deps.database, act, partial(_full, deps))


@Operation(
    summary="Choose your plan",
    description="Only if the operator lets users choose: then `planIsYours` is true.",
    tag=TAG,
    body=ChosenPlan,
    body_example={"plan": "PRO"},
    reply=FULL.model_copy(update={"plan_is_yours": True}),
    errors={
        PlanNotYours: "The operator gives plans, or the request does not come from the dashboard"
    },
    idempotent=True,
)
async def put_plan(request: web.Request) -> web.Response:
    body = await bodies.read(request, ChosenPlan)
    command, deps = SetPlan(auth.user_id(request), body.plan), request.app[DEPS]
    act = partial(choose_plan, command, deps)
    return await write(request, deps.database, act, partial(_full, deps))


def _full(deps: Deps, account: Account) -> WriteReply:
    return answer(FullProfile.of(account, deps))
