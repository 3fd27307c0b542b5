"""Webhooks as replies to their owner and the operator's command."""

from functools import partial
from typing import Annotated, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import bodies
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import done
from linktime_common.sealing import Sealer
from linktime_webhooks.api.owner import owner_id, write_for_owner
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.custom_headers import MASK
from linktime_webhooks.domain.endpoint import Endpoint, EndpointState
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.domain.sealed import open_headers
from linktime_webhooks.store import endpoints
from linktime_webhooks.use_cases.delete_endpoint import DeleteEndpoint, delete_endpoint

TAG = "Webhooks"
NOT_FOUND: Refusals = {EndpointNotFound: "No such webhook, or not yours"}


class WebhookReply(WireModel):
    """`headers` have masked values; `failingSince` is the first failure after the last success."""

    id: UUID
    url: str
    events: list[str]
    description: str
    headers: Annotated[dict[str, str], Field(description="Custom headers, their values masked")]
    rate_per_second: int | None
    active: bool
    state: EndpointState
    disabled_reason: Literal["owner", "gone", "failing"] | None
    disabled_at: Instant | None
    failing_since: Instant | None
    paused_until: Instant | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, endpoint: Endpoint, sealer: Sealer, **more: object) -> Self:
        """Build the reply for `endpoint` and the fields of a subclass."""
        headers = open_headers(sealer, endpoint.id, endpoint.sealed_headers)
        values: dict[str, object] = {
            "id": endpoint.id,
            "url": endpoint.url,
            "events": list(endpoint.events),
            "description": endpoint.description,
            "headers": dict.fromkeys(headers, MASK),
            "rate_per_second": endpoint.rate_per_second,
            "active": endpoint.disabled_at is None,
            "state": endpoint.state,
            "disabled_reason": endpoint.disabled_reason,
            "disabled_at": endpoint.disabled_at,
            "failing_since": endpoint.failing_since,
            "paused_until": endpoint.held_until,
            "created_at": endpoint.created_at,
            "updated_at": endpoint.updated_at,
        }
        return cls.model_validate(values | more)


EXAMPLE = WebhookReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24",
    url="https://example.com/hook",
    events=["booking.cancelled", "booking.created"],
    description="The CRM",
    headers={"X-Api-Key": MASK},
    rate_per_second=None,
    active=True,
    state="active",
    disabled_reason=None,
    disabled_at=None,
    failing_since=None,
    paused_until=None,
    created_at="2026-02-20T09:30:00Z",
    updated_at="2026-02-20T09:30:00Z",
)


@Operation(
    summary="List your webhooks, oldest first",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
)
async def list_webhooks(request: web.Request) -> web.Response:
    query = bodies.read_query(request, Paging)
    deps = request.app[DEPS]
    async with deps.database.connection() as connection:
        found = await endpoints.list_of(connection, owner_id(request))
    begin = bodies.offset(query.page, query.limit)
    replies = [WebhookReply.of(one, deps.sealer) for one in found[begin : begin + query.limit]]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=len(found))


@Operation(
    summary="Read a webhook",
    description=(
        "`state` is `disabled` (by you, by a 410, or because deliveries failed for too long), "
        "`paused` (the receiver asked for it with a 429), `failing` (no delivery has succeeded "
        "since `failingSince`) or `active`. Before `pausedUntil` nothing but test events is sent: "
        "the receiver asked for it, or several attempts in a row have failed."
    ),
    tag=TAG,
    reply=EXAMPLE,
    errors=NOT_FOUND,
    conditional=True,
)
async def get_webhook(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    async with deps.database.connection() as connection:
        endpoint = await endpoints.find(
            connection, owner_id=owner_id(request), endpoint_id=endpoint_id
        )
    return bodies.reply(WebhookReply.of(endpoint, deps.sealer))


@Operation(
    summary="Delete a webhook",
    description="Its pending deliveries are cancelled; nothing more is sent.",
    tag=TAG,
    reply=Done(),
    errors=NOT_FOUND,
    idempotent=True,
)
async def delete_webhook(request: web.Request) -> web.Response:
    command = DeleteEndpoint(
        owner_id=owner_id(request),
        endpoint_id=path_id(request, "id", otherwise=EndpointNotFound),
    )
    return await write_for_owner(
        request, partial(delete_endpoint, command, request.app[DEPS]), done
    )
