"""Endpoints, as the operator's command sees them."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field
from yarl import URL

from linktime_common.contracts.internal_api.webhooks import (
    Endpoint as EndpointBody,
)
from linktime_common.contracts.internal_api.webhooks import (
    Endpoints,
    MadeEndpoint,
)
from linktime_common.contracts.wire import Text
from linktime_common.http import bodies
from linktime_common.http.errors import InvalidRequest
from linktime_common.http.fields import RequestModel
from linktime_common.ids import parse_id
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.addresses import AddressRefused, Network, check_address
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS, Endpoint, UrlRefused, canonical_url
from linktime_webhooks.store import endpoints
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint

RESOLVE_SECONDS = 3


class NewEndpointBody(RequestModel):
    url: Text
    events: Annotated[list[Text], Field(min_length=1, max_length=50)]


async def post_endpoint(request: web.Request) -> web.Response:
    body = await bodies.read(request, NewEndpointBody)
    deps = request.app[DEPS]
    command = AddEndpoint(
        owner_id=_owner(request),
        url=await _checked_url(body.url, deps.allowed_networks, allow_http=deps.allow_http),
        events=_checked_events(body.events),
    )
    endpoint, secret = await add_endpoint(command, deps)
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


def _checked_events(events: list[str]) -> list[str]:
    unknown = sorted(set(events) - set(PUBLIC_EVENTS))
    if unknown:
        raise bodies.invalid("events", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return sorted(set(events))


async def _checked_url(text: str, allowed: Sequence[Network], *, allow_http: bool) -> str:
    """The canonical URL; a name that does not resolve yet is checked when it is dialled."""
    try:
        url = canonical_url(text, allow_http=allow_http)
        for address in await _addresses(url):
            check_address(address, allowed)
    except (UrlRefused, AddressRefused) as error:
        raise InvalidRequest({"url": str(error)}) from error
    return str(url)


async def _addresses(url: URL) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [str(entry[4][0]) for entry in found]


def _fields(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "created_at": endpoint.created_at,
    }
