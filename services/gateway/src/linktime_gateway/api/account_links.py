"""Mails about accounts, and the one-time links in them."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, SecretStr, StringConstraints

from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.contracts.internal_api.gateway import MadeAccountLink
from linktime_common.contracts.wire import Storable, WireModel
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_gateway.api.own import CALL
from linktime_gateway.api.passwords import Password
from linktime_gateway.deps import DEPS
from linktime_gateway.domain.errors import AccountLinkEnded, ForeignRequest
from linktime_gateway.use_cases.make_account_link import MakeAccountLink, make_account_link
from linktime_gateway.use_cases.request_account_mail import (
    RequestReset,
    request_reset,
    request_verification,
)
from linktime_gateway.use_cases.use_account_link import SetPassword, set_password, verify_address

TAG = "Account"
ACCEPTED = 202
ENDED = "The link has been used, has expired, or a later one replaces it"

LinkSecret = Annotated[SecretStr, Field(max_length=200)]
_EXAMPLE = "Zr0qUo5X1cV7mQm2Jm3vY8n2wq4s6t8u0v1x3z5A7B9"


class Accepted(WireModel):
    """The request is accepted; what becomes of it is not said."""


class ResetRequest(RequestModel):
    """Format rules do not apply, so that every address gets the same response."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), Storable] = (
        Field(examples=["ada@example.com"])
    )


class VerifyRequest(RequestModel):
    """`token` is the last part of the link's address."""

    token: LinkSecret


class SetPasswordRequest(RequestModel):
    """`token` is the last part of the link's address."""

    token: LinkSecret
    password: Password


class NewAccountLinkRequest(RequestModel):
    """See contracts.internal_api.gateway.NewAccountLink."""

    user_id: UUID
    kind: Annotated[AccountMailKind, any_case(AccountMailKind)]
    email: Annotated[str, StringConstraints(max_length=320), Storable]


@Operation(
    name="requestPassword",
    summary="Request a new password",
    description="If an account has this address, it gets a mail with a link to choose a new "
    "password, at most 3 mails in an hour. The response is the same if there is none. After 10 "
    "requests for an address or 20 in total, a client address must wait before the next, up to a "
    "minute: 429 with `Retry-After`. Requests also count as public bookings, of which a client "
    "address has 10 a minute by default.",
    tag=TAG,
    body=ResetRequest,
    body_example={"email": "ada@example.com"},
    reply=Accepted(),
    status=ACCEPTED,
    errors={ForeignRequest: "The request does not come from the dashboard's own pages"},
)
async def post_reset(request: web.Request) -> web.Response:
    call = request[CALL]
    call.cookies.refuse_foreign(request)
    body = await bodies.read(request, ResetRequest)
    await request_reset(RequestReset(body.email, call.address), call.deps)
    return bodies.reply(Accepted(), ACCEPTED)


# No Idempotency-Key: a repeat sends another mail at most, and the newest link is the valid one.
@Operation(
    name="requestVerification",
    summary="Request another mail to verify the e-mail address",
    description="At most 3 mails in an hour; none if the address is verified.",
    tag=TAG,
    reply=Accepted(),
    status=ACCEPTED,
)
async def post_verification(request: web.Request) -> web.Response:
    call = request[CALL]
    await request_verification(call.user_id, call.deps)
    return bodies.reply(Accepted(), ACCEPTED)


# No Idempotency-Key below: a link is used once, and a repeat is refused.
@Operation(
    summary="Verify an e-mail address",
    description="With the token of a link that was sent to it.",
    tag=TAG,
    body=VerifyRequest,
    body_example={"token": _EXAMPLE},
    reply=Done(),
    errors={AccountLinkEnded: ENDED},
)
async def post_verify(request: web.Request) -> web.Response:
    body = await bodies.read(request, VerifyRequest)
    await verify_address(body.token.get_secret_value(), request[CALL].deps)
    return bodies.reply(Done())


@Operation(
    name="choosePassword",
    summary="Choose a password",
    description="With the token of a link that was sent to the user. Ends all sessions of the "
    "user, and verifies the address.",
    tag=TAG,
    body=SetPasswordRequest,
    body_example={"token": _EXAMPLE, "password": "staple of another kind"},
    reply=Done(),
    errors={AccountLinkEnded: ENDED},
)
async def post_password(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await bodies.read(request, SetPasswordRequest)
    command = SetPassword(
        secret=body.token.get_secret_value(),
        password=body.password.get_secret_value(),
        address=call.address,
    )
    await set_password(command, call.deps)
    return bodies.reply(Done())


async def post_link(request: web.Request) -> web.Response:
    """Make the link of a mail that bookings sends."""
    body = await bodies.read(request, NewAccountLinkRequest)
    command = MakeAccountLink(body.user_id, body.kind, body.email)
    url = await make_account_link(command, request.app[DEPS])
    return bodies.reply(MadeAccountLink(url=url), 201)
