"""From a consumed event to signed requests at the subscriber."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest
from aiohttp import web
from services.webhooks.tests.deliveries import ENDED, REASONS, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created, contact_created
from services.webhooks.tests.subscribers import Received, Subscriber, dispatching
from standardwebhooks import Webhook

from linktime_common.egress.resolver import Resolver
from linktime_local.servers.ports import free_port
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.targets import KEPT_SECONDS
from linktime_webhooks.domain.endpoint import MOST_ENDPOINTS
from linktime_webhooks.domain.errors import TooManyEndpoints
from linktime_webhooks.domain.signing import message_id
from linktime_webhooks.store import endpoints

LISTENERS = """
    SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()
"""


async def test_a_subscriber_receives_a_verifiable_delivery(
    deps: Deps, receiver: Subscriber
) -> None:
    """The Standard Webhooks library accepts it, and the body has the documented shape."""
    owner = uuid4()
    _endpoint, secret = await subscribe(deps, owner, receiver.url)
    event = booking_created(owner)
    async with dispatching(deps) as dispatcher:
        await take_in(deps, event)
        dispatcher.wake()
        await eventually(lambda: receiver.received, what="the delivery")
    got = receiver.received[0]
    headers = {name.lower(): value for name, value in got.headers.items()}
    payload = Webhook(secret).verify(got.body, headers)
    assert payload["type"] == "booking.created"
    assert payload["timestamp"] == "2026-03-01T14:00:00.000Z"
    assert payload["data"]["inviteeName"] == "Zoë"
    assert payload["data"]["host"]["username"] == "ann"
    assert not {"reservationId", "bufferBefore"} & set(payload["data"])
    assert headers["webhook-id"] == message_id(event.event_id)
    assert headers["content-type"] == "application/json"
    assert await rows(deps, ENDED) == [("delivered", 1)]


async def test_only_the_owners_endpoints_that_chose_the_event_receive_it(
    deps: Deps, receiver: Subscriber
) -> None:
    """Another owner's endpoint and one for another event receive nothing."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url + "/mine", ["booking.created"])
    await subscribe(deps, owner, receiver.url + "/contacts-only", ["contact.created"])
    await subscribe(deps, uuid4(), receiver.url + "/theirs")
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await take_in(deps, contact_created(owner))
        await eventually(lambda: len(receiver.received) == 2, what="both deliveries")
    assert {(one.path, json.loads(one.body)["type"]) for one in receiver.received} == {
        ("/hook/mine", "booking.created"),
        ("/hook/contacts-only", "contact.created"),
    }


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
async def test_a_failure_is_tried_again_with_the_same_bytes(
    deps: Deps, receiver: Subscriber, status: int
) -> None:
    """Anything but 2xx fails, also a redirect, which is not followed; id and body stay the same."""
    owner = uuid4()

    def fail_once(_received: Received) -> web.Response:
        if len(receiver.received) == 1:
            return web.Response(status=status, headers={"Location": receiver.url + "/elsewhere"})
        return web.Response(status=200, text="thanks")

    receiver.answer = fail_once
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: len(receiver.received) == 2, what="the second attempt")
    first, second = receiver.received
    assert first.body == second.body
    assert first.path == second.path
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert await rows(deps, REASONS) == [(f"http_{status}",), ("ok",)]


async def test_the_schedule_ends(deps: Deps, receiver: Subscriber) -> None:
    """After the last delay the delivery has failed, with every attempt in the log."""
    owner = uuid4()
    receiver.answer = lambda _received: web.Response(status=500)
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps, delays=(0, 0.01, 0.01)):
        await take_in(deps, booking_created(owner))

        async def over() -> bool:
            return await rows(deps, ENDED) == [("failed", 3)]

        await eventually(over, what="the last attempt")
    assert await rows(deps, REASONS) == [("http_500",)] * 3


async def test_retry_after_is_a_minimum(deps: Deps, receiver: Subscriber) -> None:
    """The next attempt is never earlier."""
    owner = uuid4()
    receiver.answer = lambda _received: web.Response(status=503, headers={"Retry-After": "100"})
    await subscribe(deps, owner, receiver.url)
    query = "SELECT extract(epoch FROM next_at - now()) > 90 FROM deliveries WHERE attempt = 1"
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))

        async def rescheduled() -> bool:
            return await rows(deps, query) == [(True,)]

        await eventually(rescheduled, what="the first attempt recorded")


async def test_two_dispatchers_share_the_work_without_duplicates(
    deps: Deps, receiver: Subscriber
) -> None:
    """Every message arrives exactly once."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps), dispatching(deps):
        for _ in range(50):
            await take_in(deps, booking_created(owner))
        await eventually(lambda: len(receiver.received) >= 50, what="50 deliveries")
    identifiers = [one.headers["webhook-id"] for one in receiver.received]
    assert len(identifiers) == len(set(identifiers)) == 50


async def test_a_private_address_is_never_dialled(deps: Deps, receiver: Subscriber) -> None:
    """Saved while loopback was allowed, refused when it is not: the socket's address is checked."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    strict = Deps(deps.database, deps.sealer, Resolver([]), allow_http=True)
    async with dispatching(strict, delays=(0,)):

        async def refused() -> bool:
            return await rows(deps, REASONS) == [("blocked_address",)]

        await eventually(refused, what="the refusal recorded")
    assert receiver.received == []


@pytest.mark.parametrize("kind", ["event", "test"])
async def test_plain_http_is_not_sent_to_while_it_is_not_allowed(
    deps: Deps, receiver: Subscriber, kind: str
) -> None:
    """Saved while allowed, refused when it no longer is; sent when it is allowed again."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET kind = $1", kind)
    async with dispatching(replace(deps, allow_http=False), delays=(0, 0.05)):

        async def refused() -> bool:
            return ("plain_http",) in await rows(deps, REASONS)

        await eventually(refused, what="the refusal recorded")
    assert receiver.received == []
    await take_in(deps, booking_created(owner))
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the repeated delivery")


async def test_an_owner_has_at_most_twenty_endpoints(deps: Deps, receiver: Subscriber) -> None:
    """Also with thirty concurrent requests."""
    owner = uuid4()
    outcomes = await asyncio.gather(
        *(subscribe(deps, owner, receiver.url) for _ in range(30)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, TooManyEndpoints)]
    assert len(outcomes) - len(refused) == MOST_ENDPOINTS


async def test_one_failing_endpoint_is_tried_again_alone(deps: Deps, receiver: Subscriber) -> None:
    """Endpoints that received the event do not get it twice."""
    owner, paths = uuid4(), ("/good", "/bad", "/fine")

    def answer(one: Received) -> web.Response:
        return web.Response(status=500 if one.path == "/hook/bad" else 204)

    receiver.answer = answer
    for path in paths:
        await subscribe(deps, owner, receiver.url + path)
    async with dispatching(deps, delays=(0, 0.01, 0.01)):
        await take_in(deps, booking_created(owner))

        async def over() -> bool:
            return len(await rows(deps, ENDED)) == 3

        await eventually(over, what="the last attempt")
    assert Counter(one.path for one in receiver.received) == {
        "/hook/good": 1,
        "/hook/fine": 1,
        "/hook/bad": 3,
    }


async def test_a_name_that_does_not_resolve_is_tried_again(deps: Deps) -> None:
    """A DNS error is a failure like others (hookdeck/outpost#314)."""
    owner = uuid4()
    await subscribe(deps, owner, "http://nowhere.invalid/")
    deaf = replace(deps, resolver=Resolver([], server=f"127.0.0.1:{free_port()}"))
    async with dispatching(deaf, delays=(0, 0.01)):
        await take_in(deps, booking_created(owner))

        async def over() -> bool:
            return await rows(deps, ENDED) == [("failed", 2)]

        await eventually(over, within=20, what="the second attempt")
    assert await rows(deps, REASONS) == [("dns_timeout",)] * 2


async def test_a_changed_url_is_used_at_once(deps: Deps, receiver: Subscriber) -> None:
    """A notification drops the cached URL before its five seconds are over."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, f"{receiver.url}/old")
    await eventually(lambda: _is_free_of_listeners(deps), what="the end of earlier ones")
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: len(receiver.received) == 1)
        await eventually(lambda: _is_listened_for(deps))
        async with deps.database.transaction() as connection:
            await connection.execute("UPDATE endpoints SET url = url || '/new'")
            await endpoints.changed(connection, endpoint_id)
        began = time.monotonic()
        while receiver.received[-1].path != "/hook/old/new":
            await take_in(deps, booking_created(owner))
            heard = len(receiver.received)
            await eventually(lambda heard=heard: len(receiver.received) > heard)
        assert time.monotonic() - began < KEPT_SECONDS / 2


async def _is_listened_for(deps: Deps) -> bool:
    return bool(await rows(deps, LISTENERS))


async def _is_free_of_listeners(deps: Deps) -> bool:
    return not await rows(deps, LISTENERS)
