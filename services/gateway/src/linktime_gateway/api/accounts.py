"""Internal routes for users: sign-up and rebuilding the projection."""

from typing import Annotated

from aiohttp import web

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import MadeAccount
from linktime_common.contracts.internal_api.resync import Resync, Resynced
from linktime_common.contracts.internal_api.scim import NewUser
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import (
    EmailAddress,
    LanguageTag,
    Line,
    Name,
    RequestModel,
    TimezoneName,
)
from linktime_common.ids import new_id
from linktime_gateway.api.passwords import Password
from linktime_gateway.clients.directory import AccountRefused
from linktime_gateway.deps import DEPS
from linktime_gateway.use_cases.sign_up import SignUp, sign_up
from linktime_gateway.use_cases.update_account import update_account

MOST_RESYNCED = 500


class NewAccountRequest(RequestModel):
    """See contracts.internal_api.gateway.NewAccount; the directory validates the username."""

    email: EmailAddress
    name: Name
    username: Line | None = None
    plan: Annotated[Plan, any_case(Plan)] | None = None
    timezone: TimezoneName = "UTC"
    locale: LanguageTag | None = None
    password: Password | None = None


async def post_user(request: web.Request) -> web.Response:
    body = await bodies.read(request, NewAccountRequest)
    command = SignUp(
        user=NewUser(
            id=new_id(),
            email=body.email,
            name=body.name,
            username=body.username,
            plan=body.plan,
            timezone=body.timezone,
            locale=body.locale,
            # Only the operator can call this, and is trusted.
            email_verified=True,
        ),
        password=body.password.get_secret_value() if body.password else None,
    )
    try:
        made = (await sign_up(command, request.app[DEPS])).user
    except AccountRefused as refused:
        # Return the directory's error: it validates e-mail and username and names the field.
        return web.Response(
            status=refused.status, body=refused.body, content_type="application/json"
        )
    account = MadeAccount(
        id=made.id, email=made.email, name=made.name, username=made.username, plan=made.plan
    )
    return bodies.reply(account, 201)


async def post_resync(request: web.Request) -> web.Response:
    page = await bodies.read(request, Resync)
    if len(page.users) > MOST_RESYNCED:
        raise bodies.invalid("users", f"Must have at most {MOST_RESYNCED} entries")
    applied = 0
    async with request.app[DEPS].database.transaction() as connection:
        for entry in page.users:
            applied += await update_account(connection, entry.user, entry.version)
    return bodies.reply(Resynced(applied=applied))
