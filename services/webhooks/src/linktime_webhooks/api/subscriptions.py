"""What an owner and the operator alike say of an endpoint, checked."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import ConfigDict, Field

from linktime_common.contracts.wire import Text
from linktime_common.http import bodies
from linktime_common.http.errors import InvalidRequest
from linktime_common.http.fields import RequestModel, leave_out_defaults
from linktime_webhooks.clients.resolver import NameUnresolved
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.domain.addresses import AddressRefused
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS, UrlRefused, canonical_url
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint
from linktime_webhooks.use_cases.change_endpoint import ChangeEndpoint

RESOLVE_SECONDS = 1.0  # less than the three seconds that the gateway gives leave for the write


Events = Annotated[list[Text], Field(min_length=1, max_length=50)]


class NewEndpointBody(RequestModel):
    url: Text
    events: Events


class EndpointChangesBody(RequestModel):
    """A field that is not sent stays; what cannot be changed may be sent back, and is ignored."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # Never read: only what was sent is changed.
    url: Text = ""
    events: Events = Field(default_factory=list)
    id: Any = None
    created_at: Any = None


async def read_command(request: web.Request, owner_id: UUID) -> AddEndpoint:
    """The endpoint in the body, to be `owner_id`'s; raises InvalidRequest by field."""
    body = await bodies.read(request, NewEndpointBody)
    deps = request.app[DEPS]
    return AddEndpoint(
        owner_id=owner_id,
        url=await checked_url(body.url, deps),
        events=_checked_events(body.events),
    )


async def read_change(request: web.Request, owner_id: UUID, endpoint_id: UUID) -> ChangeEndpoint:
    """What the body wants of `owner_id`'s endpoint; raises InvalidRequest by field."""
    body = await bodies.read(request, EndpointChangesBody)
    deps = request.app[DEPS]
    url, events = None, None
    if "url" in body.model_fields_set:
        url = await checked_url(body.url, deps)
    if "events" in body.model_fields_set:
        events = _checked_events(body.events)
    return ChangeEndpoint(owner_id, endpoint_id, url, events)


def _checked_events(events: list[str]) -> list[str]:
    unknown = sorted(set(events) - set(PUBLIC_EVENTS))
    if unknown:
        raise bodies.invalid("events", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return sorted(set(events))


async def checked_url(text: str, deps: Deps) -> str:
    """The canonical URL; a name that does not resolve yet is checked when it is dialled."""
    try:
        url = canonical_url(text, allow_http=deps.allow_http)
        async with asyncio.timeout(RESOLVE_SECONDS):
            await deps.resolver.addresses(url.raw_host or "")
    except (UrlRefused, AddressRefused) as error:
        raise InvalidRequest({"url": str(error)}) from error
    except (NameUnresolved, TimeoutError):
        pass
    return str(url)
