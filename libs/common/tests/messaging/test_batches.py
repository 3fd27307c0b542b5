"""Many messages, one transaction and one acknowledgement."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aio_pika import Message

from linktime_common import logs
from linktime_common.contracts.events import Event
from linktime_common.messaging.applying import BatchHandler
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.intake import Unfit
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.subscription import PAUSES
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Connection, Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.waiting import eventually

from .notes import (
    PARKED,
    SERIALIZATION_FAILURE,
    Noted,
    Readers,
    channel_to,
    effects,
    event,
    link_to,
    note_effect,
    running,
    send,
    value,
    write,
)
from .settling import SETTLED_SECONDS

REASONS = "SELECT reason FROM parked_messages"


class Batches:
    """A handler that records effects and batch sizes."""

    def __init__(self, database: Database, link: BrokerLink) -> None:
        self.sizes: list[int] = []
        self.woken = 0
        self.refuse: Any = lambda _noted: None
        self.consumer = Consumer(
            "reader",
            database,
            link,
            {Noted: BatchHandler(self._handle, knows_duplicates=True)},
            prefetch=600,
            most_together=200,
            on_effect=self._wake,
        )

    async def _handle(self, connection: Connection, events: Sequence[Event]) -> int:
        self.sizes.append(len(events))
        for noted in events:
            assert isinstance(noted, Noted)
            self.refuse(noted)
            await note_effect(connection, noted)
        return len(events)

    def _wake(self) -> None:
        self.woken += 1


async def effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def test_waiting_messages_are_processed_together(
    database: Database, link: BrokerLink
) -> None:
    """300 messages need a few transactions of at most 200, and the queue ends empty."""
    batches = Batches(database, link)
    async with running(batches.consumer.run):
        await eventually(batches.consumer.is_ready)
    for number in range(300):
        await send(link, event(Noted, number))
    async with running(batches.consumer.run):
        await eventually(lambda: effects_are(database, 300))
    await eventually(lambda: _is_answered(link))
    assert max(batches.sizes) <= 200
    assert len(batches.sizes) < 30
    assert batches.woken == len(batches.sizes)


async def test_a_bad_message_is_parked_and_the_others_pass(
    database: Database, link: BrokerLink
) -> None:
    """Invalid events, and events whose handler raises Unfit, are parked with their reason."""

    def refuse(noted: Noted) -> None:
        if noted.number == 3:
            raise Unfit("three is too many")

    batches = Batches(database, link)
    batches.refuse = refuse
    async with running(batches.consumer.run):
        await eventually(batches.consumer.is_ready)
    for number in range(6):
        await send(link, event(Noted, number))
    await send(link, event(Noted, 9), b"\x00 not an event")
    async with running(batches.consumer.run):
        await eventually(lambda: effects_are(database, 5))
        await eventually(lambda: _parked(database, 2))
    await eventually(lambda: _is_answered(link))
    async with database.connection() as connection:
        reasons = {row["reason"] for row in await connection.fetch(REASONS)}
    assert reasons == {"three is too many", "It is not a CloudEvents document"}


async def test_one_failing_event_is_retried_alone(database: Database, link: BrokerLink) -> None:
    """The rest of its batch has its effect at once; this one after a delay."""
    failures = 0

    def refuse(noted: Noted) -> None:
        nonlocal failures
        if noted.number == 2 and failures < 2:
            failures += 1
            raise RuntimeError("not yet")

    batches = Batches(database, link)
    batches.refuse = refuse
    async with running(batches.consumer.run):
        for number in range(5):
            await send(link, event(Noted, number))
        await eventually(lambda: effects_are(database, 5))
    assert failures == 2
    assert await value(database, PARKED) == 0


async def test_an_outage_acknowledges_nothing(database: Database, link: BrokerLink) -> None:
    """While the database is unavailable all messages wait uncounted; each then has one effect."""
    failures = 0

    def refuse(_noted: Noted) -> None:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise ConnectionResetError("the server closed the connection")

    batches = Batches(database, link)
    batches.refuse = refuse
    async with running(batches.consumer.run):
        for number in range(40):
            await send(link, event(Noted, number))
        await eventually(lambda: effects_are(database, 40), within=30)
    assert failures == 3
    assert await value(database, PARKED) == 0


async def test_simple_handlers_share_a_transaction(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """One transaction and one inbox statement for many, each event once and with its own trace."""
    traces: list[str | None] = []

    async def note(connection: Connection, noted: Any) -> None:
        traces.append((logs.traceparent.get() or "").split("-")[1])
        await note_effect(connection, noted)

    consumer = readers.consumer(note)
    async with running(consumer.run):
        await eventually(consumer.is_ready)
    sent = [event(Noted, number) for number in range(30)]
    for one in [*sent, *sent]:
        trace = f"00-{one.event_id.hex}-{'1' * 16}-01"
        await send(link, one, traceparent=trace)
    async with running(consumer.run):
        await eventually(lambda: effects_are(database, 30))
    await eventually(lambda: _is_answered(link))
    assert readers.seen == [*range(30)]
    assert traces == [one.event_id.hex for one in sent]
    transactions = "SELECT count(DISTINCT xmin::text) FROM effects"
    assert await value(database, transactions) < 10
    assert await value(database, "SELECT count(*) FROM inbox") == 30


@pytest.mark.parametrize("prefetch", [1, 50])
async def test_a_failing_handler_takes_no_other_event_with_it(
    database: Database, link: BrokerLink, readers: Readers, prefetch: int
) -> None:
    """The batch is rolled back and split: only the failing event is retried later."""
    failures = 0

    async def fail_twice(connection: Connection, noted: Any) -> None:
        nonlocal failures
        await note_effect(connection, noted)
        if noted.number == 3 and failures < 2:
            failures += 1
            raise RuntimeError("not yet")

    consumer = readers.consumer(fail_twice, prefetch=prefetch)
    async with running(consumer.run):
        await eventually(consumer.is_ready)
    for number in range(6):
        await send(link, event(Noted, number))
    async with running(consumer.run):
        await eventually(lambda: effects_are(database, 6))
    await eventually(lambda: _is_answered(link))
    assert readers.seen.count(3) == 3
    assert await value(database, PARKED) == 0
    if prefetch == 1:
        assert readers.seen[:6] == [*range(6)]


async def test_deadlocked_events_are_processed_separately(
    database: Database, link: BrokerLink
) -> None:
    """Large transactions can deadlock with another process's repeatedly: not an outage."""

    async def lose(connection: Connection, events: Sequence[Any]) -> None:
        if len(events) > 1:
            await connection.execute(SERIALIZATION_FAILURE)
        await note_effect(connection, events[0])

    consumer = Consumer("reader", database, link, {Noted: BatchHandler(lose)})
    async with running(consumer.run):
        await eventually(consumer.is_ready)
    for number in range(6):
        await send(link, event(Noted, number))
    paused = PAUSES.labels("reader")._value.get()
    async with running(consumer.run):
        await eventually(lambda: effects_are(database, 6))
    assert PAUSES.labels("reader")._value.get() == paused


async def test_a_batch_cancelled_from_within_is_delivered_again(
    database: Database, link: BrokerLink
) -> None:
    """A later batch's multiple acknowledgement must not cover its messages."""
    cancelled = asyncio.Event()

    def refuse(noted: Noted) -> None:
        if noted.number == 1 and not cancelled.is_set():
            cancelled.set()
            raise asyncio.CancelledError

    batches = Batches(database, link)
    batches.refuse = refuse
    async with running(batches.consumer.run):
        await eventually(batches.consumer.is_ready)
        await send(link, event(Noted, 1))
        await cancelled.wait()
        await send(link, event(Noted, 2))
        await eventually(lambda: effects_are(database, 2))


async def test_undeliverable_messages_are_parked(
    database: Database, link: BrokerLink, broker_url: str
) -> None:
    """It shares the channel with the rest, and is acknowledged only after it is stored."""
    batches = Batches(database, link)
    async with running(batches.consumer.run):
        await eventually(batches.consumer.is_ready)
        async with channel_to(broker_url) as channel:
            exchange = await channel.get_exchange(link.topology.queues_exchange, ensure=False)
            given_up = event(Noted, 1)
            await exchange.publish(
                Message(given_up.envelope(), message_id=str(given_up.event_id)),
                link.topology.parking_queue("reader"),
            )
        await send(link, event(Noted, 2))
        await eventually(lambda: effects_are(database, 1))
        await eventually(lambda: _parked(database, 1))


@pytest.mark.soak
async def test_a_broker_killed_in_the_middle_loses_nothing(
    database: Database, server: RabbitMQServer, topology: Topology
) -> None:
    """Unacknowledged batches are redelivered; the consumer needs no restart."""
    async with link_to(server.url, topology) as link:
        batches = Batches(database, link)
        async with running(Relay(database, link).run, batches.consumer.run):
            await eventually(batches.consumer.is_ready)
            await asyncio.sleep(SETTLED_SECONDS)
            await write(database, Noted, range(3000))
            await eventually(lambda: _effects_reach(database, 500), within=30)
            await server.kill()
            await server.start()
            await eventually(lambda: _effects_reach(database, 3000), within=60)


async def _effects_reach(database: Database, number: int) -> bool:
    """Whether that many events had an effect; this handler does not detect duplicates."""
    return (await effects(database))[1] >= number


async def _parked(database: Database, number: int) -> bool:
    return bool(await value(database, PARKED) == number)


async def _is_answered(link: BrokerLink) -> bool:
    """Whether no message returned to the queue when its consumer ended."""
    channel = await link.consuming_channel(1)
    try:
        queue = await channel.declare_queue(link.topology.queue("reader"), passive=True)
        return queue.declaration_result.message_count == 0
    finally:
        await channel.close()
