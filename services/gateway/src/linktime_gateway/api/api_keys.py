"""A user's API keys, for the dashboard and the operator."""

from functools import partial
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.internal_api.gateway import ApiKey, MadeApiKey, NamedApiKey
from linktime_common.http import bodies
from linktime_common.http.fields import Moment, Name, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, done
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_gateway.api.own import CALL, write_own
from linktime_gateway.deps import DEPS, Deps
from linktime_gateway.domain.errors import (
    ApiKeyNotFound,
    PlanWithoutApiKeys,
    TooManyApiKeys,
    UserNotFound,
)
from linktime_gateway.store import api_keys
from linktime_gateway.use_cases.make_api_key import MakeApiKey, NewKey, make_api_key
from linktime_gateway.use_cases.revoke_api_key import revoke_api_key

TAG = "API keys"


class NewApiKeyRequest(RequestModel):
    """See contracts.internal_api.gateway.NewApiKey."""

    name: Name = "API key"
    expires_at: Moment | None = None


class MadeApiKeyReply(NamedApiKey):
    """`key` is returned only once; null when the Idempotency-Key is repeated."""

    key: str | None


MADE = MadeApiKeyReply(
    id="0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b21",
    name="Website",
    prefix="lt_live_a1B2",
    last4="x9Z0",
    key="lt_live_a1B2…x9Z0",
)
EXAMPLE = ApiKey(
    **MADE.model_dump(by_alias=False, exclude={"key"}),
    created_at="2026-03-01T14:00:00Z",
    expires_at=None,
    last_used_at="2026-03-02T08:30:00Z",
    revoked_at=None,
)


@Operation(
    summary="List API keys",
    description="Newest first, including revoked ones.",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
)
async def list_own(request: web.Request) -> web.Response:
    call = request[CALL]
    return await _list(request, call.user_id, call.deps)


@Operation(
    summary="Make an API key",
    description="`key` is returned only once; null when the Idempotency-Key is repeated.",
    tag=TAG,
    body=NewApiKeyRequest,
    body_example={"name": "Website", "expiresAt": None},
    reply=MADE,
    status=201,
    errors={
        PlanWithoutApiKeys: (
            "The plan has no API keys, or the request does not come from the dashboard"
        ),
        TooManyApiKeys: "The maximum number of live keys is reached, 50 by default",
    },
    idempotent=True,
)
async def post_own(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await _read(request, call.deps)
    command = MakeApiKey(call.user_id, body.name, body.expires_at, call.signed_in.grant)
    return await write_own(request, partial(_make, command, call.deps), _made)


@Operation(
    summary="Revoke an API key",
    tag=TAG,
    reply=Done(),
    errors={ApiKeyNotFound: "There is no such key, or it is not yours"},
    idempotent=True,
)
async def delete_own(request: web.Request) -> web.Response:
    call = request[CALL]
    key_id = call.path_id("id", otherwise=ApiKeyNotFound)
    return await write_own(request, partial(revoke_api_key, call.user_id, key_id, call.deps), done)


async def post_for_user(request: web.Request) -> web.Response:
    """Create a key for a user, as the operator."""
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    deps = request.app[DEPS]
    body = await _read(request, deps)
    about, key = await make_api_key(MakeApiKey(user_id, body.name, body.expires_at), deps)
    return bodies.reply(MadeApiKey(**about.model_dump(by_alias=False), key=key), 201)


async def list_for_user(request: web.Request) -> web.Response:
    """List a user's keys, as the operator."""
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    return await _list(request, user_id, request.app[DEPS])


async def delete_for_user(request: web.Request) -> web.Response:
    """Revoke a user's key, as the operator."""
    user_id = path_id(request, "user_id", otherwise=UserNotFound)
    key_id = path_id(request, "key_id", otherwise=ApiKeyNotFound)
    await revoke_api_key(user_id, key_id, request.app[DEPS])
    return bodies.reply(Done())


async def _read(request: web.Request, deps: Deps) -> NewApiKeyRequest:
    body = await bodies.read(request, NewApiKeyRequest)
    if body.expires_at is not None and body.expires_at <= deps.clock.now():
        raise bodies.invalid("expiresAt", "Must be in the future")
    return body


async def _list(request: web.Request, user_id: UUID, deps: Deps) -> web.Response:
    query = bodies.read_query(request, Paging)
    page, limit = query.page, query.limit
    async with deps.database.connection() as connection:
        found = await api_keys.list_of(
            connection, user_id, limit=limit, offset=bodies.offset(page, limit)
        )
        total = await api_keys.count(connection, user_id)
    return bodies.reply_list(found, page=page, limit=limit, total=total)


async def _make(command: MakeApiKey, deps: Deps, attempt: WriteAttempt[NewKey]) -> NewKey:
    return NewKey(*await make_api_key(command, deps, attempt))


def _made(new: NewKey) -> WriteReply:
    return answer(MadeApiKeyReply(**new.about.model_dump(by_alias=False), key=new.secret), 201)
