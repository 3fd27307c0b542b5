"""What an owner and the operator alike say of a new endpoint, checked."""

import asyncio
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, StringConstraints

from linktime_common.contracts.wire import Text
from linktime_common.errors import InvalidRequest
from linktime_common.http import bodies
from linktime_common.http.fields import Line, OneLine, RequestModel
from linktime_webhooks.clients.resolver import NameUnresolved
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.domain.addresses import AddressRefused
from linktime_webhooks.domain.custom_headers import MOST_HEADERS, problems_of
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS, UrlRefused, canonical_url
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint

MOST_DESCRIPTION_CHARACTERS = 500
MOST_RATE = 1_000
RESOLVE_SECONDS = 1.0  # less than the three seconds that the gateway gives leave for the write

Events = Annotated[list[Line], Field(min_length=1, max_length=50)]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MOST_DESCRIPTION_CHARACTERS), OneLine
]
Headers = Annotated[dict[Text, Text], Field(max_length=MOST_HEADERS)]
Rate = Annotated[
    int | None, Field(ge=1, le=MOST_RATE, description="Deliveries a second at most; null for any")
]


class NewEndpointBody(RequestModel):
    url: Line
    events: Events
    description: Description = ""
    headers: Headers = Field(default_factory=dict)
    rate_per_second: Rate = None


async def read_command(request: web.Request, owner_id: UUID) -> AddEndpoint:
    """The endpoint in the body, to be `owner_id`'s; raises InvalidRequest by field."""
    body = await bodies.read(request, NewEndpointBody)
    deps = request.app[DEPS]
    return AddEndpoint(
        owner_id=owner_id,
        url=await checked_url(body.url, deps),
        events=checked_events(body.events),
        description=body.description,
        headers=checked_headers(body.headers),
        rate_per_second=body.rate_per_second,
    )


def checked_events(events: list[str]) -> list[str]:
    """The events in one order, each once; raises InvalidRequest for one nobody knows."""
    unknown = sorted(set(events) - set(PUBLIC_EVENTS))
    if unknown:
        raise bodies.invalid("events", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return sorted(set(events))


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """The custom headers, if they may be sent; raises InvalidRequest."""
    problems = problems_of(headers)
    if problems:
        raise InvalidRequest(problems)
    return headers


async def checked_url(text: str, deps: Deps) -> str:
    """The canonical URL; a name that does not resolve yet is checked when it is dialled."""
    try:
        url = canonical_url(text, allow_http=deps.allow_http)
        async with asyncio.timeout(RESOLVE_SECONDS):
            await deps.resolver.addresses(url.raw_host or "", url.port or 0)
    except (UrlRefused, AddressRefused) as error:
        raise InvalidRequest({"url": str(error)}) from error
    except (NameUnresolved, TimeoutError):
        pass
    return str(url)
