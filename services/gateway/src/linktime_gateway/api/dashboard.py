"""The dashboard's sessions, password, API keys and SCIM tokens."""

from functools import partial
from uuid import UUID

from aiohttp import web

from linktime_common.http import bodies
from linktime_common.http.models import Done, Paging
from linktime_common.idempotency import Answer, Attempt
from linktime_gateway.api.credentials import read_new_api_key, reply_api_keys
from linktime_gateway.api.own import CALL, Call
from linktime_gateway.api.schemas import (
    MadeApiKeyReply,
    MadeScimTokenReply,
    NewPasswordRequest,
    NewScimTokenRequest,
    SignedIn,
    SignedInUser,
    SignInRequest,
)
from linktime_gateway.api.writes import done, write
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import ApiKeyNotFound, OrganizationNotFound, ScimTokenNotFound
from linktime_gateway.domain.sessions import csrf_token
from linktime_gateway.use_cases.change_password import ChangePassword, change_password
from linktime_gateway.use_cases.make_api_key import MakeApiKey, NewKey, make_api_key
from linktime_gateway.use_cases.make_scim_token import MakeScimToken, NewToken
from linktime_gateway.use_cases.manage_scim_tokens import (
    list_tokens,
    make_token,
    revoke_token,
)
from linktime_gateway.use_cases.revoke_api_key import revoke_api_key
from linktime_gateway.use_cases.sign_in import (
    SignIn,
    sign_in,
    sign_out,
    sign_out_everywhere,
    signed_in_account,
)


async def post_session(request: web.Request) -> web.Response:
    call = request[CALL]
    call.door.refuse_foreign(request)
    body = await bodies.read(request, SignInRequest)
    command = SignIn(
        email=body.email,
        password=body.password.get_secret_value(),
        address=call.address,
        replaces=call.door.token_of(request) or None,
    )
    new = await sign_in(command, call.deps)
    response = await _signed_in(call, new.user_id, new.token)
    call.door.set_cookie(response, new.token)
    return response


async def get_session(request: web.Request) -> web.Response:
    call = request[CALL]
    return await _signed_in(call, call.user_id, call.signed_in.token)


async def delete_session(request: web.Request) -> web.Response:
    call = request[CALL]
    await sign_out(call.signed_in.token, call.user_id, call.deps)
    response = bodies.reply(Done())
    call.door.clear_cookie(response)
    return response


async def delete_sessions(request: web.Request) -> web.Response:
    call = request[CALL]
    await sign_out_everywhere(call.user_id, call.deps)
    response = bodies.reply(Done())
    call.door.clear_cookie(response)
    return response


async def put_password(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await bodies.read(request, NewPasswordRequest)
    command = ChangePassword(
        grant=call.signed_in.grant,
        current=body.current.get_secret_value(),
        new=body.new.get_secret_value(),
        address=call.address,
    )
    # No database holds the session's token, so none holds what passwords could be guessed from.
    return await write(
        request,
        partial(change_password, command, call.deps),
        done,
        pepper=call.signed_in.token,
    )


async def list_api_keys(request: web.Request) -> web.Response:
    call = request[CALL]
    return await reply_api_keys(request, call.user_id, call.deps)


async def post_api_key(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await read_new_api_key(request, call.deps)
    command = MakeApiKey(call.user_id, body.name, body.expires_at, call.signed_in.grant)
    return await write(request, partial(_make_key, command, call.deps), _made_key)


async def delete_api_key(request: web.Request) -> web.Response:
    call = request[CALL]
    key_id = call.path_id("id", otherwise=ApiKeyNotFound)
    return await write(request, partial(revoke_api_key, call.user_id, key_id, call.deps), done)


async def list_scim_tokens(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    query = bodies.read_query(request, Paging)
    page, limit = query.page, query.limit
    found, total = await list_tokens(
        call.user_id, organization_id, call.deps, limit=limit, offset=bodies.offset(page, limit)
    )
    return bodies.reply_list(found, page=page, limit=limit, total=total)


async def post_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewScimTokenRequest)
    command = MakeScimToken(organization_id, body.name)
    act = partial(make_token, call.user_id, command, call.deps)
    return await write(request, act, _made_token)


async def delete_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    token_id = call.path_id("token_id", otherwise=ScimTokenNotFound)
    act = partial(revoke_token, call.user_id, organization_id, token_id, call.deps)
    return await write(request, act, done)


async def _make_key(command: MakeApiKey, deps: Deps, attempt: Attempt[NewKey]) -> NewKey:
    return NewKey(*await make_api_key(command, deps, attempt))


def _made_key(new: NewKey) -> Answer:
    reply = MadeApiKeyReply(**new.about.model_dump(by_alias=False), key=new.secret)
    return Answer(201, reply.model_dump(mode="json"))


def _made_token(new: NewToken) -> Answer:
    reply = MadeScimTokenReply(**new.about.model_dump(by_alias=False), token=new.secret)
    return Answer(201, reply.model_dump(mode="json"))


async def _signed_in(call: Call, user_id: UUID, token: str) -> web.Response:
    account = await signed_in_account(user_id, call.deps)
    user = SignedInUser(
        id=account.id,
        email=account.email,
        name=account.name,
        username=account.username,
        plan=account.plan,
        effective_plan=account.effective_plan,
    )
    return bodies.reply(SignedIn(user=user, csrf_token=csrf_token(token)))
