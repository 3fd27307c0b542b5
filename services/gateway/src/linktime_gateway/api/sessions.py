"""Sign in to and out of the dashboard."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, SecretStr, StringConstraints

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Storable, WireModel
from linktime_common.http import bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_gateway.api.own import CALL, OwnRequest
from linktime_gateway.domain.errors import ForeignRequest, SignInRefused
from linktime_gateway.domain.passwords import LONGEST
from linktime_gateway.domain.sessions import csrf_token
from linktime_gateway.use_cases.sign_in import (
    SignIn,
    sign_in,
    sign_out,
    sign_out_everywhere,
    signed_in_account,
)

TAG = "Session"


class SignInRequest(RequestModel):
    """Format rules do not apply, so that every wrong login gets the same response."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), Storable] = (
        Field(examples=["ada@example.com"])
    )
    password: Annotated[SecretStr, Field(max_length=LONGEST)]


class SignedInUser(WireModel):
    """The signed-in user; `effectivePlan` counts memberships of organizations.

    `emailVerified` is whether the user has opened a link that was sent to this address.
    """

    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    effective_plan: Plan
    email_verified: bool


class SignedIn(WireModel):
    """Send `csrfToken` in the header X-CSRF-Token of every request that changes something."""

    user: SignedInUser
    csrf_token: str


EXAMPLE = SignedIn(
    user=SignedInUser(
        id="0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b20",
        email="ada@example.com",
        name="Ada Host",
        username="ada",
        plan="PRO",
        effective_plan="BUSINESS",
        email_verified=True,
    ),
    csrf_token="5vJ0m1xq8Yt3n2b7c6d9e4f1a0s8k3l2",  # noqa: S106 - an example
)


@Operation(
    summary="Sign in",
    description="Sets the session's cookie. An unknown e-mail, a wrong password and an inactive "
    "account get the same response. After 10 attempts at an account or 20 in total, a client "
    "address must wait before the next, up to a minute: 429 with `Retry-After`.",
    tag=TAG,
    body=SignInRequest,
    body_example={"email": "ada@example.com", "password": "correct horse battery"},
    reply=EXAMPLE,
    errors={
        SignInRefused: "The e-mail or the password is wrong",
        ForeignRequest: "The request does not come from the dashboard's own pages",
    },
)
async def post_session(request: web.Request) -> web.Response:
    call = request[CALL]
    call.cookies.refuse_foreign(request)
    body = await bodies.read(request, SignInRequest)
    command = SignIn(
        email=body.email,
        password=body.password.get_secret_value(),
        address=call.address,
        replaces=call.cookies.token_of(request) or None,
    )
    new = await sign_in(command, call.deps)
    response = await _signed_in(call, new.user_id, new.token)
    call.cookies.set_cookie(response, new.token)
    return response


@Operation(summary="Who is signed in", tag=TAG, reply=EXAMPLE)
async def get_session(request: web.Request) -> web.Response:
    call = request[CALL]
    return await _signed_in(call, call.user_id, call.signed_in.token)


# No Idempotency-Key: a repeat returns 401, which confirms the sign-out.
@Operation(summary="Sign out", tag=TAG, reply=Done())
async def delete_session(request: web.Request) -> web.Response:
    call = request[CALL]
    await sign_out(call.signed_in.token, call.user_id, call.deps)
    response = bodies.reply(Done())
    call.cookies.clear_cookie(response)
    return response


@Operation(
    summary="Sign out everywhere",
    description="Ends every session of the user, this one included.",
    tag=TAG,
    reply=Done(),
)
async def delete_sessions(request: web.Request) -> web.Response:
    call = request[CALL]
    await sign_out_everywhere(call.user_id, call.deps)
    response = bodies.reply(Done())
    call.cookies.clear_cookie(response)
    return response


async def _signed_in(call: OwnRequest, user_id: UUID, token: str) -> web.Response:
    account = await signed_in_account(user_id, call.deps)
    user = SignedInUser(
        id=account.id,
        email=account.email,
        name=account.name,
        username=account.username,
        plan=account.plan,
        effective_plan=account.effective_plan,
        email_verified=account.email_verified,
    )
    return bodies.reply(SignedIn(user=user, csrf_token=csrf_token(token)))
