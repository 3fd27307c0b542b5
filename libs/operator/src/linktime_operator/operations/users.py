"""Accounts, named by e-mail."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from pydantic import (
    SecretStr,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
)

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import MadeAccount, NewAccount
from linktime_common.contracts.internal_api.resync import Resync, Resynced
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.contracts.wire import WireModel
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError, ServiceUnavailable

PAGE = 500
SPREAD_SECONDS = 20.0
SPREAD_EVERY_SECONDS = 0.2
PROJECTIONS = ("gateway", "availability")
"""The services with a projection of accounts."""


class SignUpRequest(NewAccount):
    """A new account as sent, with its password in clear."""

    @field_serializer("password", when_used="json")
    def _reveal(self, password: SecretStr | None) -> str | None:
        return password.get_secret_value() if password is not None else None

    @model_serializer(mode="wrap")
    def _without_nulls(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A gateway of an earlier version refuses fields that it does not have."""
        return {name: value for name, value in fields(self).items() if value is not None}


class ChangedPlan(WireModel):
    plan: Plan


class ChangedActivity(WireModel):
    active: bool


async def find(clients: Clients, email: str) -> DirectoryUser:
    """Return the account with that e-mail; raises OperatorError when there is none."""
    found = await clients.call(
        "scim", "GET", "/internal/users", DirectoryUsers, query={"email": email}
    )
    if not found.data:
        raise OperatorError(
            f"There is no user with the e-mail {email}. See `linktime user list`.",
            code=ErrorCode.USER_NOT_FOUND,
        )
    return found.data[0]


async def find_id(clients: Clients, email: str) -> UUID:
    """Return the id of the account with that e-mail; raises OperatorError when there is none."""
    return (await find(clients, email)).user.id


async def create(clients: Clients, account: SignUpRequest) -> MadeAccount:
    """Create an account; returns when every service knows it."""
    clients.require("scim", *PROJECTIONS)
    made = await clients.call("gateway", "POST", "/internal/users", MadeAccount, body=account)
    await spread(
        clients,
        await find(clients, made.email),
        so_far="The account is made; {service} does not know it yet: "
        "run `linktime resync {service}`.",
    )
    return made


async def set_plan(clients: Clients, email: str, plan: Plan) -> DirectoryUser:
    """Change a user's own plan; returns when every service uses it."""
    clients.require("scim", *PROJECTIONS)
    user_id = await find_id(clients, email)
    changed = await clients.call(
        "scim",
        "PUT",
        f"/internal/users/{user_id}/plan",
        DirectoryUser,
        body=ChangedPlan(plan=plan),
    )
    await spread(
        clients,
        changed,
        so_far="The plan is set; {service} does not know it yet: run the command again.",
    )
    return changed


async def switch(clients: Clients, email: str, *, active: bool) -> DirectoryUser:
    """Deactivate or activate an account; returns when every service applies it."""
    clients.require("scim", *PROJECTIONS)
    user_id = await find_id(clients, email)
    path = f"/internal/users/{user_id}/active"
    body = ChangedActivity(active=active)
    changed = await clients.call("scim", "PUT", path, DirectoryUser, body=body)
    await spread(
        clients,
        changed,
        so_far="The account is changed; {service} does not know it yet: run the command again.",
    )
    return changed


async def spread(clients: Clients, user: DirectoryUser, *, so_far: str) -> None:
    """Send the account to the projections now, before its event arrives.

    They apply it by version as in a resync, so the event changes nothing. Waits for a service that
    is restarting; raises ServiceUnavailable with `so_far` when it stays unavailable.
    """
    deadline = time.monotonic() + SPREAD_SECONDS
    body = Resync(users=[user])
    for service in PROJECTIONS:
        while True:
            try:
                await clients.call(service, "POST", "/internal/resync", Resynced, body=body)
                break
            except ServiceUnavailable as error:
                if time.monotonic() > deadline:
                    raise ServiceUnavailable(so_far.format(service=service)) from error
            await asyncio.sleep(SPREAD_EVERY_SECONDS)


async def everyone(clients: Clients) -> AsyncIterator[list[DirectoryUser]]:
    """Yield all accounts in pages, by id."""
    query = {"limit": str(PAGE)}
    while True:
        page = await clients.call("scim", "GET", "/internal/users", DirectoryUsers, query=query)
        yield page.data
        if page.next_after is None:
            return
        query["after"] = str(page.next_after)
