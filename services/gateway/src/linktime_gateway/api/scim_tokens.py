"""An organization's SCIM tokens, for the dashboard and the operator."""

from functools import partial

from aiohttp import web

from linktime_common.contracts.internal_api.gateway import MadeScimToken, NamedScimToken, ScimToken
from linktime_common.http import bodies
from linktime_common.http.fields import Name, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, done
from linktime_common.idempotency import WriteReply
from linktime_gateway.api.own import CALL, write_own
from linktime_gateway.deps import DEPS
from linktime_gateway.domain.errors import (
    OrganizationNotFound,
    PlanWithoutScim,
    RoleNotEnough,
    ScimTokenNotFound,
    TooManyScimTokens,
)
from linktime_gateway.use_cases.make_scim_token import MakeScimToken, NewToken, make_scim_token
from linktime_gateway.use_cases.manage_scim_tokens import list_tokens, make_token, revoke_token

TAG = "SCIM tokens"
NO_ORGANIZATION: Refusals = {
    OrganizationNotFound: "There is no such organization, or you are not a member of it"
}


class NewScimTokenRequest(RequestModel):
    """See contracts.internal_api.gateway.NewScimToken."""

    name: Name = "SCIM token"


class MadeScimTokenReply(NamedScimToken):
    """`token` is returned only once; null when the Idempotency-Key is repeated."""

    token: str | None


MADE = MadeScimTokenReply(
    id="0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b22",
    name="Entra ID",
    prefix="lt_scim_c3D4",
    last4="y8W1",
    token="lt_scim_c3D4…y8W1",  # noqa: S106 - an example
)
EXAMPLE = ScimToken(
    **MADE.model_dump(by_alias=False, exclude={"token"}),
    created_at="2026-03-01T14:00:00Z",
    last_used_at=None,
    revoked_at=None,
)


@Operation(
    summary="List SCIM tokens",
    description="Newest first, including revoked ones.",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
    errors=NO_ORGANIZATION | {RoleNotEnough: "Your role does not allow this"},
)
async def list_scim_tokens(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    query = bodies.read_query(request, Paging)
    page, limit = query.page, query.limit
    found, total = await list_tokens(
        call.user_id, organization_id, call.deps, limit=limit, offset=bodies.offset(page, limit)
    )
    return bodies.reply_list(found, page=page, limit=limit, total=total)


@Operation(
    summary="Make a SCIM token",
    description="For the owner and admins of an organization on the Business plan. `token` is "
    "returned only once; null when the Idempotency-Key is repeated.",
    tag=TAG,
    body=NewScimTokenRequest,
    body_example={"name": "Entra ID"},
    reply=MADE,
    status=201,
    errors=NO_ORGANIZATION
    | {
        PlanWithoutScim: (
            "The plan has no SCIM, your role does not allow it, or it is not a dashboard request"
        ),
        TooManyScimTokens: "The maximum number of live tokens is reached, 20 by default",
    },
    idempotent=True,
)
async def post_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewScimTokenRequest)
    command = MakeScimToken(organization_id, body.name)
    act = partial(make_token, call.user_id, command, call.deps)
    return await write_own(request, act, _made)


@Operation(
    summary="Revoke a SCIM token",
    tag=TAG,
    reply=Done(),
    errors={
        RoleNotEnough: "Your role does not allow it, or it is not a dashboard request",
        ScimTokenNotFound: "There is no such organization or token, or it is not yours",
    },
    idempotent=True,
)
async def delete_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    token_id = call.path_id("token_id", otherwise=ScimTokenNotFound)
    act = partial(revoke_token, call.user_id, organization_id, token_id, call.deps)
    return await write_own(request, act, done)


async def post_for_organization(request: web.Request) -> web.Response:
    """Create a token, as the operator."""
    organization_id = path_id(request, "organization_id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewScimTokenRequest)
    command = MakeScimToken(organization_id, body.name)
    about, token = await make_scim_token(command, request.app[DEPS])
    return bodies.reply(MadeScimToken(**about.model_dump(by_alias=False), token=token), 201)


def _made(new: NewToken) -> WriteReply:
    reply = MadeScimTokenReply(**new.about.model_dump(by_alias=False), token=new.secret)
    return answer(reply, 201)
