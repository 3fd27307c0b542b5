"""Endpoints, as the operator's command sees them."""

from uuid import UUID

from aiohttp import web

from linktime_common.contracts.internal_api.webhooks import Endpoint as EndpointBody
from linktime_common.contracts.internal_api.webhooks import Endpoints, MadeEndpoint
from linktime_common.http import bodies
from linktime_common.ids import parse_id
from linktime_webhooks.api.subscriptions import read_command
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.store import endpoints
from linktime_webhooks.use_cases.add_endpoint import add_endpoint


async def post_endpoint(request: web.Request) -> web.Response:
    command = await read_command(request, _owner(request))
    endpoint, secret = await add_endpoint(command, request.app[DEPS])
    return bodies.reply(MadeEndpoint(**_fields(endpoint), secret=secret), status=201)


async def list_endpoints(request: web.Request) -> web.Response:
    async with request.app[DEPS].database.connection() as connection:
        found = await endpoints.list_of(connection, _owner(request))
    return bodies.reply(Endpoints(data=[EndpointBody(**_fields(one)) for one in found]))


def _owner(request: web.Request) -> UUID:
    owner_id = parse_id(request.match_info["user_id"])
    if owner_id is None:
        raise bodies.invalid("userId", "Not an id")
    return owner_id


def _fields(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "created_at": endpoint.created_at,
    }
