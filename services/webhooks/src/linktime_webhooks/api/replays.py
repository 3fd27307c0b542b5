"""Replays of one delivery, and of the events that a webhook missed in a date range."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Moment, RequestModel
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer
from linktime_common.idempotency import WriteReply
from linktime_webhooks.api.deliveries import (
    MANY_TESTS,
    NO_DELIVERY,
    DeliveryReply,
    EventName,
    pending,
)
from linktime_webhooks.api.owner import owner_id, write_for_owner
from linktime_webhooks.api.webhooks import NOT_FOUND, TAG
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.delivery import (
    EARLIEST,
    LONGEST_REPLAY,
    REPLAYED_BY_DEFAULT,
    DeliveryKind,
    DeliveryState,
)
from linktime_webhooks.domain.errors import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    ReplayNotFound,
    ReplayRunning,
)
from linktime_webhooks.domain.replay import Choice, RangeReplay, ReplayState
from linktime_webhooks.store import endpoints, replay_ranges
from linktime_webhooks.use_cases.replay import (
    AskedReplay,
    Replay,
    ReplayDelivery,
    ReplayMany,
    replay_delivery,
    replay_many,
)

# Pending deliveries are sent without a replay.
CHOOSABLE = tuple(state.value for state in DeliveryState if state is not DeliveryState.PENDING)


def _ended(state: Any) -> Any:
    if state not in CHOOSABLE:
        raise PydanticCustomError("state", f"Must be one of: {', '.join(CHOOSABLE)}")
    return state


EndedState = Annotated[
    DeliveryState,
    BeforeValidator(_ended),
    any_case(CHOOSABLE),
    WithJsonSchema({"type": "string", "enum": list(CHOOSABLE)}),
]


class ReplayManyBody(RequestModel):
    """`from` and `to` select by when an event was received: `from` is included, `to` is not.

    Without `states`, all states but `delivered` are selected.
    """

    since: Annotated[Moment, Field(alias="from")]
    until: Annotated[Moment, Field(alias="to")]
    event_types: Annotated[list[EventName], Field(min_length=1, max_length=50)] | None = None
    states: Annotated[list[EndedState], Field(min_length=1, max_length=10)] | None = None

    def span(self) -> tuple[datetime, datetime]:
        """Return the date range; raises InvalidRequest if it is empty or too long."""
        if self.since > self.until:
            raise bodies.invalid("from", "Must not be after to")
        if self.until - self.since > LONGEST_REPLAY:
            raise bodies.invalid("to", f"Must be at most {LONGEST_REPLAY.days} days after from")
        return max(self.since, EARLIEST), max(self.until, EARLIEST)


class RangeReplayReply(WireModel):
    """The progress of a replay of a date range."""

    id: UUID
    state: ReplayState
    chosen: Annotated[
        int | None, Field(description="Events to be sent again; null until they are selected")
    ]
    replayed: Annotated[int, Field(description="Deliveries created so far")]
    has_more: Annotated[
        bool | None,
        Field(description="Whether the same request would find more; null until they are selected"),
    ]
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, replay: RangeReplay) -> Self:
        """Build the reply for `replay`."""
        return cls(
            id=replay.id,
            state=replay.state,
            chosen=replay.chosen,
            replayed=replay.replayed,
            has_more=replay.has_more,
            created_at=replay.created_at,
            finished_at=replay.finished_at,
        )


RUNNING = RangeReplayReply(
    id="01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e42",
    state="running",
    chosen=None,
    replayed=0,
    has_more=None,
    created_at="2026-03-02T15:00:00Z",
    finished_at=None,
)
ENDED = RangeReplayReply(
    id=RUNNING.id,
    state="done",
    chosen=12,
    replayed=12,
    has_more=False,
    created_at=RUNNING.created_at,
    finished_at="2026-03-02T15:00:01Z",
)


@Operation(
    summary="Send the event of a delivery again",
    description=(
        "Creates a delivery with the same `webhook-id` and body. New events are sent before it. "
        "An event that is pending already is not sent twice."
    ),
    tag=TAG,
    reply=pending(DeliveryKind.REPLAY),
    status=202,
    also={200: "The event is being delivered already"},
    errors=NO_DELIVERY
    | {EndpointDisabled: "The webhook is disabled, or the event was deleted after 30 days"}
    | MANY_TESTS,
    idempotent=True,
)
async def post_replay(request: web.Request) -> web.Response:
    command = ReplayDelivery(
        owner_id=owner_id(request),
        endpoint_id=path_id(request, "id", otherwise=EndpointNotFound),
        delivery_id=path_id(request, "delivery_id", otherwise=DeliveryNotFound),
    )
    return await write_for_owner(
        request, partial(replay_delivery, command, request.app[DEPS]), _replayed
    )


@Operation(
    summary="Send the events that a webhook missed again",
    description=(
        "Events that were received within at most 14 days, from `from` up to, not including, `to`, "
        "and whose last delivery ended in one of `states`; without `states`, all that were not "
        "delivered. Events that were pending when the webhook was disabled were received before "
        "its `disabledAt`: begin earlier. Processed in the background; "
        "`GET …/replays/{replay_id}` shows the progress. At most 10,000 at once: if "
        "`hasMore` is true when it is done, the same request takes the rest. One at a time for a "
        "webhook: the same range again, while it is running, returns the running one."
    ),
    tag=TAG,
    body=ReplayManyBody,
    body_example={
        "from": "2026-03-01T14:00:00.000Z",
        "to": "2026-03-02T14:00:00.000Z",
        "eventTypes": ["booking.created"],
        "states": ["failed", "suppressed", "cancelled"],
    },
    reply=RUNNING,
    status=202,
    also={200: "The same range is being replayed already"},
    errors=NOT_FOUND
    | {ReplayRunning: "The webhook is disabled, or another range is being replayed"},
    idempotent=True,
)
async def post_replays(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, ReplayManyBody)
    since, until = body.span()
    command = ReplayMany(
        owner_id=owner_id(request),
        endpoint_id=endpoint_id,
        choice=Choice(
            since=since,
            until=until,
            states=tuple(body.states or REPLAYED_BY_DEFAULT),
            event_types=None if body.event_types is None else tuple(body.event_types),
        ),
    )
    return await write_for_owner(request, partial(replay_many, command, request.app[DEPS]), _asked)


@Operation(
    summary="Read the progress of a replay of a range",
    description=(
        "`state` is `running`, `done` or `cancelled` (the webhook was disabled or deleted). Kept "
        "for 30 days."
    ),
    tag=TAG,
    reply=ENDED,
    errors={ReplayNotFound: "No such webhook or replay, or not yours"},
    conditional=True,
)
async def get_replay(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    replay_id = path_id(request, "replay_id", otherwise=ReplayNotFound)
    names = {"owner_id": owner_id(request), "endpoint_id": endpoint_id}
    async with request.app[DEPS].database.connection() as connection:
        await endpoints.find(connection, **names)
        replay = await replay_ranges.find(connection, **names, replay_id=replay_id)
    return bodies.reply(RangeReplayReply.of(replay))


def _replayed(replay: Replay) -> WriteReply:
    return answer(DeliveryReply.of(replay.delivery), 202 if replay.is_new else 200)


def _asked(asked: AskedReplay) -> WriteReply:
    return answer(RangeReplayReply.of(asked.replay), 202 if asked.is_new else 200)
