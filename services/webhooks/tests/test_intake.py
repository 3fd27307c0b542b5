"""From the broker to deliveries: each event once, however often it is received."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from services.webhooks.tests.deliveries import LIVE, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber

from linktime_common.contracts.events import Event
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_local.testing.waiting import eventually
from linktime_webhooks.consumers import HANDLERS
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.payloads import body_of
from linktime_webhooks.use_cases.store_events import store_events

REASONS = "SELECT reason FROM parked_messages"


@pytest.fixture
async def link(broker_url: str, topology_prefix: str) -> AsyncIterator[BrokerLink]:
    topology = Topology(topology_prefix.rstrip("."))
    opened = await BrokerLink.open(broker_url, name="webhooks", topology=topology)
    await opened.wait_until_up()
    yield opened
    await opened.close()


@pytest.fixture
async def publisher(link: BrokerLink) -> AsyncIterator[Publisher]:
    publisher = Publisher(link, timeout_seconds=10)
    yield publisher
    await publisher.close()


@pytest.fixture
async def consuming(deps: Deps, link: BrokerLink) -> AsyncIterator[None]:
    """Run the service's consumer."""
    consumer = Consumer("webhooks", deps.database, link, HANDLERS, most_together=200)
    task = asyncio.create_task(consumer.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def publish(link: BrokerLink, publisher: Publisher, event: Event) -> None:
    await publisher.publish(
        link.topology.events_exchange,
        event.routing_key(),
        event.envelope(),
        message_id=str(event.event_id),
        headers={},
    )


async def test_an_event_delivered_many_times_fans_out_once(
    deps: Deps, receiver: Subscriber, link: BrokerLink, publisher: Publisher, consuming: None
) -> None:
    """Redelivered after its commit, and repeated within one batch."""
    owner = uuid4()
    for _ in range(3):
        await subscribe(deps, owner, receiver.url)
    event, last = booking_created(owner), booking_created(owner)
    for _ in range(20):
        await publish(link, publisher, event)
    await publish(link, publisher, last)
    await eventually(lambda: _seen(deps, last.event_id))
    counts = "SELECT count(*) FROM deliveries GROUP BY event_id"
    assert await rows(deps, counts) == [(3,), (3,)]


async def test_deliveries_lie_in_the_order_of_their_events(
    deps: Deps, receiver: Subscriber
) -> None:
    """A UUID 7 for each, with the same first part as its event's, and no two the same."""
    owner = uuid4()
    for _ in range(3):
        await subscribe(deps, owner, receiver.url)
    await take_in(deps, *(booking_created(owner) for _ in range(50)))
    found = await rows(deps, "SELECT id, event_id FROM deliveries")
    assert len({one for one, _event in found}) == 150
    assert {one.version for one, _event in found} == {7}
    assert all(one.bytes[:8] == event.bytes[:8] for one, event in found)


async def test_concurrent_copies_of_an_event_fan_out_once(deps: Deps, receiver: Subscriber) -> None:
    """Two processes get the same events (frain-dev/convoy#2747), in different order."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    events = [booking_created(owner) for _ in range(30)]

    async def take(given: list[Event]) -> None:
        async with deps.database.transaction() as connection:
            await store_events(connection, given)

    await asyncio.gather(*(take(events[n:] + events[:n]) for n in range(8)))
    assert len(await rows(deps, LIVE)) == 30


async def test_a_body_too_big_is_parked_and_the_rest_of_its_batch_stored(
    deps: Deps, receiver: Subscriber, link: BrokerLink, publisher: Publisher, consuming: None
) -> None:
    """Above 256 KiB nothing is sent; the message is dead-lettered with the reason."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    event = booking_created(owner)
    big = event.model_copy(
        update={"booking": event.booking.model_copy(update={"notes": "x" * 263_000})}
    )
    others = [booking_created(owner) for _ in range(5)]
    for one in [*others[:2], big, *others[2:]]:
        await publish(link, publisher, one)
    for one in others:
        await eventually(lambda one=one: _seen(deps, one.event_id))
    await eventually(lambda: rows(deps, REASONS))
    ((reason,),) = await rows(deps, REASONS)
    assert "larger than 262144 bytes" in str(reason)
    assert len(await rows(deps, LIVE)) == 5


async def test_an_event_without_subscribers_is_not_stored(deps: Deps) -> None:
    """Its id is, so that a later copy is not stored for endpoints that did not exist then."""
    owner = uuid4()
    event = booking_created(owner)
    await take_in(deps, event)
    await subscribe(deps, owner, "https://93.184.215.14/")
    await take_in(deps, event)
    assert await rows(deps, "SELECT count(*) FROM events") == [(0,)]
    assert await rows(deps, LIVE) == []
    assert await _seen(deps, event.event_id)


async def test_any_json_body_keeps_its_bytes(deps: Deps) -> None:
    """Stored as bytes: key order and number forms are preserved."""
    owner = uuid4()
    await subscribe(deps, owner, "https://93.184.215.14/")
    event = booking_created(owner)
    await take_in(deps, event)
    assert await rows(deps, "SELECT body FROM events") == [(body_of(event),)]


async def _seen(deps: Deps, event_id: UUID) -> bool:
    async with deps.database.connection() as connection:
        return bool(
            await connection.fetchval("SELECT true FROM events_seen WHERE event_id = $1", event_id)
        )
