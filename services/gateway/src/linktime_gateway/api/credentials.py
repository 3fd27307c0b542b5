"""Internal routes about API keys and SCIM tokens."""

from uuid import UUID

from aiohttp import web

from linktime_common.contracts.internal_api.gateway import MadeApiKey, MadeScimToken
from linktime_common.http import bodies
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_gateway.api.schemas import NewApiKeyRequest, NewScimTokenRequest
from linktime_gateway.deps import DEPS, Deps
from linktime_gateway.domain.errors import ApiKeyNotFound, OrganizationNotFound, UserNotFound
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.make_api_key import MakeApiKey, make_api_key
from linktime_gateway.use_cases.make_scim_token import MakeScimToken, make_scim_token
from linktime_gateway.use_cases.revoke_api_key import revoke_api_key


async def read_new_api_key(request: web.Request, deps: Deps) -> NewApiKeyRequest:
    """The body; raises InvalidRequest for an expiry that is over, and as bodies.read does."""
    body = await bodies.read(request, NewApiKeyRequest)
    if body.expires_at is not None and body.expires_at <= deps.clock.now():
        raise bodies.invalid("expiresAt", "Must be in the future")
    return body


async def post_api_key(request: web.Request) -> web.Response:
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    deps = request.app[DEPS]
    body = await read_new_api_key(request, deps)
    about, key = await make_api_key(MakeApiKey(user_id, body.name, body.expires_at), deps)
    return bodies.reply(MadeApiKey(**about.model_dump(by_alias=False), key=key), 201)


async def list_api_keys(request: web.Request) -> web.Response:
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    return await reply_api_keys(request, user_id, request.app[DEPS])


async def reply_api_keys(request: web.Request, user_id: UUID, deps: Deps) -> web.Response:
    """The page of the user's keys that the query asks for."""
    query = bodies.read_query(request, Paging)
    page, limit = query.page, query.limit
    async with deps.database.connection() as connection:
        found = await api_keys.list_of(
            connection, user_id, limit=limit, offset=bodies.offset(page, limit)
        )
        total = await api_keys.count(connection, user_id)
    return bodies.reply_list(found, page=page, limit=limit, total=total)


async def delete_api_key(request: web.Request) -> web.Response:
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    key_id = path_id(request, "key_id", otherwise=ApiKeyNotFound)
    await revoke_api_key(user_id, key_id, request.app[DEPS])
    return bodies.reply(Done())


async def post_scim_token(request: web.Request) -> web.Response:
    organization_id = path_id(request, "organization_id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewScimTokenRequest)
    about, token = await make_scim_token(
        MakeScimToken(organization_id, body.name), request.app[DEPS]
    )
    return bodies.reply(MadeScimToken(**about.model_dump(by_alias=False), token=token), 201)
