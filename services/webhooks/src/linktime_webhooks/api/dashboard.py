"""A user's webhooks, on the dashboard."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, TypeVar
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.idempotency import Answer, Attempt, answer_once
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_webhooks.api.errors import STATUSES
from linktime_webhooks.api.subscriptions import read_change, read_command
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.store import endpoints
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, Made, add_endpoint
from linktime_webhooks.use_cases.change_endpoint import change_endpoint
from linktime_webhooks.use_cases.delete_endpoint import DeleteEndpoint, delete_endpoint

WRITE_SECONDS = 1.5

Result = TypeVar("Result")


class WebhookReply(WireModel):
    id: UUID
    url: str
    events: list[str]
    created_at: Instant

    @classmethod
    def of(cls, endpoint: Endpoint, **more: object) -> Self:
        """The reply about `endpoint`, with what a subclass adds."""
        values: dict[str, object] = {
            "id": endpoint.id,
            "url": endpoint.url,
            "events": list(endpoint.events),
            "created_at": endpoint.created_at,
        }
        return cls.model_validate(values | more)


class MadeWebhookReply(WebhookReply):
    """`secret` (`whsec_…`) is shown this once; a repeat of the request has None there."""

    secret: str | None


async def list_webhooks(request: web.Request) -> web.Response:
    """One page of the user's webhooks, oldest first."""
    query = bodies.read_query(request, Paging)
    async with request.app[DEPS].database.connection() as connection:
        found = await endpoints.list_of(connection, auth.user_id(request))
    begin = bodies.offset(query.page, query.limit)
    replies = [WebhookReply.of(one) for one in found[begin : begin + query.limit]]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=len(found))


async def get_webhook(request: web.Request) -> web.Response:
    """One webhook, without its secret."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    async with request.app[DEPS].database.connection() as connection:
        endpoint = await endpoints.find(
            connection, owner_id=auth.user_id(request), endpoint_id=endpoint_id
        )
    return bodies.reply(WebhookReply.of(endpoint))


async def post_webhook(request: web.Request) -> web.Response:
    """Subscribe a URL to some events."""
    command = await read_command(request, auth.user_id(request))
    return await _write(request, partial(_add, command, request.app[DEPS]), _made)


async def patch_webhook(request: web.Request) -> web.Response:
    """Change a webhook's URL or events; its secret stays."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    command = await read_change(request, auth.user_id(request), endpoint_id)
    return await _write(request, partial(change_endpoint, command, request.app[DEPS]), _changed)


async def delete_webhook(request: web.Request) -> web.Response:
    """Take a webhook back; what still waits for it is not sent any more."""
    command = DeleteEndpoint(
        owner_id=auth.user_id(request),
        endpoint_id=path_id(request, "id", otherwise=EndpointNotFound),
    )
    return await _write(request, partial(delete_endpoint, command, request.app[DEPS]), _done)


async def _add(command: AddEndpoint, deps: Deps, attempt: Attempt[Made]) -> Made:
    return Made(*await add_endpoint(command, deps, attempt))


async def _write(
    request: web.Request,
    act: Callable[[Attempt[Result]], Awaitable[Result]],
    render: Callable[[Result], Answer],
) -> web.Response:
    return await answer_once(
        request,
        request.app[DEPS].database,
        act,
        scope=f"user {auth.user_id(request)}",
        render=render,
        statuses=STATUSES,
        seconds=WRITE_SECONDS,
    )


def _made(made: Made) -> Answer:
    reply = MadeWebhookReply.of(made.endpoint, secret=made.secret)
    return Answer(201, reply.model_dump(mode="json"))


def _changed(endpoint: Endpoint) -> Answer:
    return Answer(200, WebhookReply.of(endpoint).model_dump(mode="json"))


def _done(_result: Any) -> Answer:
    return Answer(200, Done().model_dump(mode="json"))
