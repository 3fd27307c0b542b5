"""Accounts, for the gateway, availability and the operator's command."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, StrictBool

from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.contracts.internal_api.user_deletions import UserDeletion
from linktime_common.contracts.wire import Text
from linktime_common.http import bodies
from linktime_common.http.fields import (
    Digits,
    EmailAddress,
    LanguageTag,
    Name,
    QueryModel,
    RequestModel,
    TimezoneName,
)
from linktime_common.http.paths import path_id
from linktime_common.postgres import Connection
from linktime_scim.api.fields import PlanName, Username
from linktime_scim.deps import DEPS
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users
from linktime_scim.use_cases import delete_user as use_case
from linktime_scim.use_cases.create_user import CreateUser, create_user
from linktime_scim.use_cases.publish_change import republish_user
from linktime_scim.use_cases.set_plan import SetPlan, set_plan
from linktime_scim.use_cases.switch_account import SwitchAccount, switch_account

FIRST = UUID(int=0)


class NewUserBody(RequestModel):
    id: UUID
    email: EmailAddress
    name: Name
    username: Username | None = None
    plan: PlanName | None = None
    timezone: TimezoneName = "UTC"
    locale: LanguageTag | None = None
    email_verified: StrictBool = False


class WantedUsersBody(RequestModel):
    ids: Annotated[list[UUID], Field(max_length=100)]


class PlanBody(RequestModel):
    plan: PlanName


class ActivityBody(RequestModel):
    active: StrictBool


class UsersQuery(QueryModel):
    """One account by `email` or by `username`, else a page of all."""

    email: Text | None = None
    username: Text | None = None
    after: UUID = FIRST
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 100


async def post_user(request: web.Request) -> web.Response:
    body = await bodies.read(request, NewUserBody)
    command = CreateUser(
        id=body.id,
        email=body.email,
        name=body.name,
        username=body.username,
        plan=body.plan,
        timezone=body.timezone,
        locale=body.locale,
        email_verified=body.email_verified,
    )
    account, is_new = await create_user(command, request.app[DEPS])
    return bodies.reply(_body(account), status=201 if is_new else 200)


async def get_user(request: web.Request) -> web.Response:
    user_id = path_id(request, "id", otherwise=UserNotFound)
    async with request.app[DEPS].database.connection() as connection:
        account = await users.find(connection, user_id)
    if account is None:
        raise UserNotFound(user_id=user_id)
    return bodies.reply(_body(account))


async def look_up_users(request: web.Request) -> web.Response:
    wanted = await bodies.read(request, WantedUsersBody)
    async with request.app[DEPS].database.connection() as connection:
        found = await users.find_some(connection, wanted.ids)
    return bodies.reply(DirectoryUsers(data=[_body(one) for one in found], next_after=None))


async def list_users(request: web.Request) -> web.Response:
    query = bodies.read_query(request, UsersQuery)
    async with request.app[DEPS].database.connection() as connection:
        found, more = await _find(connection, query)
    page = [_body(account) for account in found]
    return bodies.reply(DirectoryUsers(data=page, next_after=found[-1].id if more else None))


async def _find(connection: Connection, query: UsersQuery) -> tuple[list[Account], bool]:
    """Return the requested accounts, and whether there are more."""
    if query.email is not None:
        account = await users.find_by_email(connection, query.email.strip())
    elif query.username is not None:
        account = await users.find_by_username(connection, query.username)
    else:
        page = await users.list_after(connection, query.after, query.limit + 1)
        return page[: query.limit], len(page) > query.limit
    return [account] if account else [], False


async def put_plan(request: web.Request) -> web.Response:
    user_id = path_id(request, "id", otherwise=UserNotFound)
    body = await bodies.read(request, PlanBody)
    account = await set_plan(SetPlan(user_id, body.plan), request.app[DEPS])
    return bodies.reply(_body(account))


async def put_activity(request: web.Request) -> web.Response:
    user_id = path_id(request, "id", otherwise=UserNotFound)
    body = await bodies.read(request, ActivityBody)
    account = await switch_account(SwitchAccount(user_id, body.active), request.app[DEPS])
    return bodies.reply(_body(account))


async def post_republish(request: web.Request) -> web.Response:
    user_id = path_id(request, "id", otherwise=UserNotFound)
    return bodies.reply(_body(await republish_user(user_id, request.app[DEPS])))


async def delete_user(request: web.Request) -> web.Response:
    user_id = path_id(request, "id", otherwise=UserNotFound)
    await use_case.delete_user(use_case.DeleteUser(user_id), request.app[DEPS])
    return bodies.reply(UserDeletion(user_id=user_id, state="running"))


def _body(account: Account) -> DirectoryUser:
    return DirectoryUser(user=account.state, version=account.version)
