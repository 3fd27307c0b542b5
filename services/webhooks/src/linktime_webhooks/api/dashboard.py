"""Webhooks, as their owner on the dashboard and the operator's command see them."""

from functools import partial

from aiohttp import web

from linktime_common.http import bodies
from linktime_common.http.models import Paging
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer, Attempt
from linktime_common.sealing import Sealer
from linktime_webhooks.api.replies import MadeWebhookReply, WebhookReply
from linktime_webhooks.api.requests import EndpointChangesBody
from linktime_webhooks.api.subscriptions import (
    checked_events,
    checked_headers,
    checked_url,
    read_command,
)
from linktime_webhooks.api.writes import done, owner_id, write
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.store import endpoints
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, Made, add_endpoint
from linktime_webhooks.use_cases.change_endpoint import ChangeEndpoint, change_endpoint
from linktime_webhooks.use_cases.delete_endpoint import DeleteEndpoint, delete_endpoint


async def list_webhooks(request: web.Request) -> web.Response:
    """One page of the user's webhooks, oldest first."""
    query = bodies.read_query(request, Paging)
    deps = request.app[DEPS]
    async with deps.database.connection() as connection:
        found = await endpoints.list_of(connection, owner_id(request))
    begin = bodies.offset(query.page, query.limit)
    replies = [WebhookReply.of(one, deps.sealer) for one in found[begin : begin + query.limit]]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=len(found))


async def get_webhook(request: web.Request) -> web.Response:
    """One webhook, without its secret."""
    deps = request.app[DEPS]
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    async with deps.database.connection() as connection:
        endpoint = await endpoints.find(
            connection, owner_id=owner_id(request), endpoint_id=endpoint_id
        )
    return bodies.reply(WebhookReply.of(endpoint, deps.sealer))


async def post_webhook(request: web.Request) -> web.Response:
    """Subscribe a URL to some events."""
    deps = request.app[DEPS]
    command = await read_command(request, owner_id(request))
    return await write(request, partial(_add, command, deps), partial(_made, deps.sealer))


async def patch_webhook(request: web.Request) -> web.Response:
    """Change a webhook, switch it off or on."""
    deps = request.app[DEPS]
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, EndpointChangesBody)
    values = body.model_dump(include=body.model_fields_set & {"description", "rate_per_second"})
    if (url := body.sent("url")) is not None:
        values["url"] = await checked_url(url, deps)
    if (events := body.sent("events")) is not None:
        values["events"] = tuple(checked_events(events))
    command = ChangeEndpoint(
        owner_id=owner_id(request),
        endpoint_id=endpoint_id,
        values=values,
        headers=checked_headers(body.headers) if "headers" in body.model_fields_set else None,
        active=body.sent("active"),
    )
    act = partial(change_endpoint, command, deps)
    return await write(request, act, partial(_changed, deps.sealer))


async def delete_webhook(request: web.Request) -> web.Response:
    """Take a webhook back; what still waits for it is not sent any more."""
    command = DeleteEndpoint(
        owner_id=owner_id(request),
        endpoint_id=path_id(request, "id", otherwise=EndpointNotFound),
    )
    return await write(request, partial(delete_endpoint, command, request.app[DEPS]), done)


async def _add(command: AddEndpoint, deps: Deps, attempt: Attempt[Made]) -> Made:
    return Made(*await add_endpoint(command, deps, attempt))


def _made(sealer: Sealer, made: Made) -> Answer:
    reply = MadeWebhookReply.of(made.endpoint, sealer, secret=made.secret)
    return Answer(201, reply.model_dump(mode="json"))


def _changed(sealer: Sealer, endpoint: Endpoint) -> Answer:
    return Answer(200, WebhookReply.of(endpoint, sealer).model_dump(mode="json"))
