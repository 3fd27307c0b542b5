"""The dashboard's sessions, password, API keys and SCIM tokens."""

from uuid import UUID

from aiohttp import web

from linktime_common.contracts.internal_api.gateway import ApiKeys, ScimTokens
from linktime_common.http import bodies
from linktime_common.http.models import Done
from linktime_gateway.api.credentials import read_new_api_key
from linktime_gateway.api.own import CALL, Call
from linktime_gateway.api.schemas import NewPasswordRequest, SignedIn, SignedInUser, SignInRequest
from linktime_gateway.domain.errors import ApiKeyNotFound, OrganizationNotFound, ScimTokenNotFound
from linktime_gateway.domain.sessions import csrf_token
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.change_password import change_password
from linktime_gateway.use_cases.make_api_key import make_api_key
from linktime_gateway.use_cases.manage_scim_tokens import (
    list_own_tokens,
    make_own_token,
    revoke_own_token,
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
    await change_password(
        call.signed_in.grant,
        body.current.get_secret_value(),
        body.new.get_secret_value(),
        call.address,
        call.deps,
    )
    return bodies.reply(Done())


async def list_api_keys(request: web.Request) -> web.Response:
    call = request[CALL]
    async with call.deps.database.connection() as connection:
        return bodies.reply(ApiKeys(data=await api_keys.list_of(connection, call.user_id)))


async def post_api_key(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await read_new_api_key(request, call.deps)
    return bodies.reply(
        await make_api_key(call.user_id, body.name, body.expires_at, call.deps), 201
    )


async def delete_api_key(request: web.Request) -> web.Response:
    call = request[CALL]
    key_id = call.path_id("id", otherwise=ApiKeyNotFound)
    await revoke_api_key(call.user_id, key_id, call.deps)
    return bodies.reply(Done())


async def list_scim_tokens(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    return bodies.reply(
        ScimTokens(data=await list_own_tokens(call.user_id, organization_id, call.deps))
    )


async def post_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    return bodies.reply(await make_own_token(call.user_id, organization_id, call.deps), 201)


async def delete_scim_token(request: web.Request) -> web.Response:
    call = request[CALL]
    organization_id = call.path_id("id", otherwise=OrganizationNotFound)
    token_id = call.path_id("token_id", otherwise=ScimTokenNotFound)
    await revoke_own_token(call.user_id, organization_id, token_id, call.deps)
    return bodies.reply(Done())


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
