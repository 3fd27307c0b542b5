"""The deliveries of a webhook, and sending a sample event."""

from functools import partial
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Line, RequestModel
from linktime_common.http.models import Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.spans import Spanned
from linktime_common.http.writes import answer
from linktime_common.idempotency import WriteReply
from linktime_webhooks.api import attempts
from linktime_webhooks.api.attempts import AttemptReply
from linktime_webhooks.api.owner import owner_id, write_for_owner
from linktime_webhooks.api.webhooks import NOT_FOUND, TAG
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.delivery import Delivery, DeliveryKind, DeliveryState
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS
from linktime_webhooks.domain.errors import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    TooManyTests,
)
from linktime_webhooks.domain.samples import SAMPLES
from linktime_webhooks.domain.signing import message_id
from linktime_webhooks.store import endpoints, log
from linktime_webhooks.store.log import Wanted
from linktime_webhooks.use_cases.send_test_event import SendTestEvent, send_test_event

NO_DELIVERY: Refusals = {DeliveryNotFound: "No such webhook or delivery, or not yours"}
MANY_TESTS: Refusals = {
    TooManyTests: "Too many requests, or test events of this webhook; `Retry-After` says when to "
    "try again"
}


def _known_event(name: str) -> str:
    if name not in PUBLIC_EVENTS:
        raise PydanticCustomError("event", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return name


def _sampled_event(name: str) -> str:
    if name not in SAMPLES:
        raise PydanticCustomError("event", f"Choose from: {', '.join(SAMPLES)}")
    return name


State = Annotated[DeliveryState, any_case(DeliveryState)]
EventName = Annotated[
    Line,
    any_case(PUBLIC_EVENTS),
    AfterValidator(_known_event),
    WithJsonSchema({"type": "string", "enum": list(PUBLIC_EVENTS)}),
]
SampledEvent = Annotated[
    Line,
    any_case(SAMPLES),
    AfterValidator(_sampled_event),
    WithJsonSchema({"type": "string", "enum": list(SAMPLES)}),
]


class DeliveriesQuery(Paging, Spanned):
    """`from` and `to` select by the creation time of a delivery."""

    state: State | None = None
    event_type: EventName | None = None


class SendTestBody(RequestModel):
    event_type: SampledEvent


class DeliveryReply(WireModel):
    """`messageId` is sent as `webhook-id`: the same for every attempt and replay of an event."""

    id: UUID
    message_id: str
    event_type: Annotated[
        str | None, Field(description="null when the event was deleted after 30 days")
    ]
    request_id: Annotated[
        str | None,
        Field(
            description="`X-Request-Id` of the answer to the request that caused the event; null "
            "if none did, and when the event was deleted"
        ),
    ]
    kind: DeliveryKind
    state: DeliveryState
    attempt_count: int
    last_reason: str | None
    next_attempt_at: Instant | None
    created_at: Instant
    finished_at: Instant | None
    trace_id: Annotated[
        str | None,
        Field(
            description="The trace id in the `traceparent` header of each attempt; null for an "
            "event without one, or deleted after 30 days"
        ),
    ]

    @classmethod
    def of(cls, delivery: Delivery, **more: object) -> Self:
        """Build the reply for `delivery` and the fields of a subclass."""
        values: dict[str, object] = {
            "id": delivery.id,
            "message_id": message_id(delivery.event_id),
            "event_type": delivery.event_type,
            "request_id": delivery.request_id,
            "kind": delivery.kind,
            "state": delivery.state,
            "attempt_count": delivery.attempt,
            "last_reason": delivery.last_reason,
            "next_attempt_at": delivery.next_at,
            "created_at": delivery.created_at,
            "finished_at": delivery.finished_at,
            "trace_id": delivery.trace_id,
        }
        return cls.model_validate(values | more)


class DeliveryDetailReply(DeliveryReply):
    """A delivery with every attempt, oldest first."""

    attempts: list[AttemptReply]


EXAMPLE = DeliveryReply(
    id="01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e40",
    message_id="msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
    event_type="booking.created",
    request_id="req_5f0c1d2e3a4b5c6d7e8f9a0b",
    kind="event",
    state="delivered",
    attempt_count=1,
    last_reason="ok",
    next_attempt_at=None,
    created_at="2026-03-01T14:00:00.120Z",
    finished_at="2026-03-01T14:00:00.310Z",
    trace_id="0af7651916cd43dd8448eb211c80319c",
)


def pending(kind: DeliveryKind) -> DeliveryReply:
    """Return an example of a pending delivery."""
    return DeliveryReply(
        id=EXAMPLE.id,
        message_id=EXAMPLE.message_id,
        event_type=EXAMPLE.event_type,
        request_id=EXAMPLE.request_id,
        kind=kind,
        state="pending",
        attempt_count=0,
        last_reason=None,
        next_attempt_at="2026-03-01T15:00:00Z",
        created_at="2026-03-01T15:00:00Z",
        finished_at=None,
        trace_id=EXAMPLE.trace_id,
    )


@Operation(
    summary="List the deliveries of a webhook, newest first",
    description=(
        "Of the last 30 days. At most the newest 10,000 are counted and listed; use `to` for "
        "older ones. `state` is `pending`, `delivered`, `failed`, `suppressed` (the webhook was "
        "disabled), `cancelled` (it was deleted, or returned 410) or `poison` (given up after "
        "repeated crashes of LinkTime). `nextAttemptAt` is not before the webhook's `pausedUntil`, "
        "except for test events."
    ),
    tag=TAG,
    query=DeliveriesQuery,
    page_of=EXAMPLE,
    errors=NOT_FOUND,
)
async def list_deliveries(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    query = bodies.read_query(request, DeliveriesQuery)
    since, until = query.span()
    wanted = Wanted(since=since, until=until, state=query.state, event_type=query.event_type)
    names = {"owner_id": owner_id(request), "endpoint_id": endpoint_id}
    async with request.app[DEPS].database.connection() as connection:
        await endpoints.find(connection, **names)
        found, total = await log.page(
            connection,
            wanted,
            **names,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [DeliveryReply.of(delivery) for delivery in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


@Operation(
    summary="Read a delivery with all its attempts",
    description=(
        "Requests and responses are shown as text, or in base64 where they are "
        "not readable text: the first 16 KiB of either body, 8 KiB of the response's headers."
    ),
    tag=TAG,
    reply=DeliveryDetailReply(**EXAMPLE.model_dump(by_alias=False), attempts=[attempts.EXAMPLE]),
    errors=NO_DELIVERY,
    conditional=True,
)
async def get_delivery(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    delivery_id = path_id(request, "delivery_id", otherwise=DeliveryNotFound)
    names = {"owner_id": owner_id(request), "endpoint_id": endpoint_id}
    async with request.app[DEPS].database.connection() as connection:
        await endpoints.find(connection, **names)
        delivery = await log.find(connection, **names, delivery_id=delivery_id)
        made = await log.attempts(connection, endpoint_id=endpoint_id, delivery_id=delivery_id)
        body = await log.body(connection, delivery)
    replies = [AttemptReply.of(attempt, body) for attempt in made]
    return bodies.reply(DeliveryDetailReply.of(delivery, attempts=replies))


@Operation(
    summary="Send a sample event",
    description=(
        'The example of the event with `"test": true` in its `data`, signed like any other. It is '
        "tried once, whatever the response; the delivery shows the outcome. It waits for nothing "
        "else: not for `pausedUntil`, `ratePerSecond` or other deliveries. At most 6 a minute."
    ),
    tag=TAG,
    body=SendTestBody,
    body_example={"eventType": "booking.created"},
    reply=pending(DeliveryKind.TEST),
    status=202,
    errors=NOT_FOUND | {EndpointDisabled: "The webhook is disabled"} | MANY_TESTS,
    idempotent=True,
)
async def post_test(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, SendTestBody)
    deps = request.app[DEPS]
    command = SendTestEvent(
        owner_id=owner_id(request),
        endpoint_id=endpoint_id,
        event_type=body.event_type,
        now=deps.clock.now(),
    )
    return await write_for_owner(request, partial(send_test_event, command, deps), _accepted)


def _accepted(delivery: Delivery) -> WriteReply:
    return answer(DeliveryReply.of(delivery), 202)
