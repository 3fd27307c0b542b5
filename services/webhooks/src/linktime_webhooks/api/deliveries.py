"""What was sent to a webhook, and sending it again."""

from functools import partial

from aiohttp import web

from linktime_common.http import bodies
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer
from linktime_webhooks.api.replies import (
    AttemptReply,
    DeliveryDetailReply,
    DeliveryReply,
    RangeReplayReply,
)
from linktime_webhooks.api.requests import DeliveriesQuery, ReplayManyBody, SendTestBody
from linktime_webhooks.api.writes import owner_id, write
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.delivery import REPLAYED_BY_DEFAULT, Delivery
from linktime_webhooks.domain.errors import DeliveryNotFound, EndpointNotFound, ReplayNotFound
from linktime_webhooks.domain.replay import Choice
from linktime_webhooks.store import endpoints, log, replay_ranges
from linktime_webhooks.store.log import Wanted
from linktime_webhooks.use_cases.replay import (
    AskedReplay,
    Replay,
    ReplayDelivery,
    ReplayMany,
    replay_delivery,
    replay_many,
)
from linktime_webhooks.use_cases.send_test_event import SendTestEvent, send_test_event


async def list_deliveries(request: web.Request) -> web.Response:
    """One page of what was and is to be sent to a webhook, newest first."""
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


async def get_delivery(request: web.Request) -> web.Response:
    """One delivery with all its attempts."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    delivery_id = path_id(request, "delivery_id", otherwise=DeliveryNotFound)
    names = {"owner_id": owner_id(request), "endpoint_id": endpoint_id}
    async with request.app[DEPS].database.connection() as connection:
        await endpoints.find(connection, **names)
        delivery = await log.find(connection, **names, delivery_id=delivery_id)
        made = await log.attempts(connection, endpoint_id=endpoint_id, delivery_id=delivery_id)
        body = await log.body(connection, delivery)
    attempts = [AttemptReply.of(attempt, body) for attempt in made]
    return bodies.reply(DeliveryDetailReply.of(delivery, attempts=attempts))


async def post_replay(request: web.Request) -> web.Response:
    """Send what one delivery carried again."""
    command = ReplayDelivery(
        owner_id=owner_id(request),
        endpoint_id=path_id(request, "id", otherwise=EndpointNotFound),
        delivery_id=path_id(request, "delivery_id", otherwise=DeliveryNotFound),
    )
    return await write(request, partial(replay_delivery, command, request.app[DEPS]), _replayed)


async def post_replays(request: web.Request) -> web.Response:
    """Send again what a webhook missed in a range of time."""
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
    return await write(request, partial(replay_many, command, request.app[DEPS]), _asked)


async def get_replay(request: web.Request) -> web.Response:
    """How far the replay of a range is."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    replay_id = path_id(request, "replay_id", otherwise=ReplayNotFound)
    names = {"owner_id": owner_id(request), "endpoint_id": endpoint_id}
    async with request.app[DEPS].database.connection() as connection:
        await endpoints.find(connection, **names)
        replay = await replay_ranges.find(connection, **names, replay_id=replay_id)
    return bodies.reply(RangeReplayReply.of(replay))


async def post_test(request: web.Request) -> web.Response:
    """Send a sample, once."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, SendTestBody)
    deps = request.app[DEPS]
    command = SendTestEvent(
        owner_id=owner_id(request),
        endpoint_id=endpoint_id,
        event_type=body.event_type,
        now=deps.clock.now(),
    )
    return await write(request, partial(send_test_event, command, deps), _accepted)


def _replayed(replay: Replay) -> Answer:
    reply = DeliveryReply.of(replay.delivery)
    return Answer(202 if replay.is_new else 200, reply.model_dump(mode="json"))


def _asked(asked: AskedReplay) -> Answer:
    reply = RangeReplayReply.of(asked.replay)
    return Answer(202 if asked.is_new else 200, reply.model_dump(mode="json"))


def _accepted(delivery: Delivery) -> Answer:
    return Answer(202, DeliveryReply.of(delivery).model_dump(mode="json"))
