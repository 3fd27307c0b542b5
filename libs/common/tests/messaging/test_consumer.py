"""Consumers, from the broker to the effect."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import pytest

from linktime_common import logs
from linktime_common.errors import Unavailable
from linktime_common.messaging import inbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.subscription import PAUSES, Subscription
from linktime_common.postgres import Connection, Database
from linktime_local.testing.waiting import eventually

from .notes import (
    PARKED,
    SERIALIZATION_FAILURE,
    Copied,
    Noted,
    Readers,
    channel_to,
    effects,
    event,
    note_effect,
    running,
    send,
    value,
    write,
)


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def test_unknown_events_and_newer_fields_pass(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A newer publisher may send events and fields that this consumer does not know."""
    document = orjson.loads(event(Noted, 3).envelope())
    document["data"]["colour"] = "red"
    document["newattribute"] = 1
    other = {**document, "dataschema": "urn:linktime:note.burnt.v1"}
    async with running(readers.consumer().run):
        await send(link, event(Noted, 3), orjson.dumps(other))
        await send(link, event(Noted, 3), orjson.dumps(document))
        await eventually(lambda: _effects_are(database, 1))
        assert await value(database, PARKED) == 0


async def test_the_same_event_many_times_has_one_effect(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """Also when the deliveries are processed concurrently."""
    sent = event(Noted, 1)
    woken: list[bool] = []
    consumer = readers.consumer(on_effect=lambda: woken.append(True))
    for _ in range(20):
        await send(link, sent)
    async with running(consumer.run):
        await eventually(lambda: _effects_are(database, 1))
        await send(link, event(Noted, 2))
        await eventually(lambda: _effects_are(database, 2))
    assert readers.seen.count(1) == 1
    assert len(woken) == 2


async def test_an_outage_counts_no_attempt(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """While a handler's dependency is unavailable, its message is retried without limit."""
    tries = 0

    async def need(connection: Connection, noted: Any) -> None:
        nonlocal tries
        tries += 1
        if tries <= 4:
            raise Unavailable("the owner's API is unavailable")
        await note_effect(connection, noted)

    async with running(readers.consumer(need).run):
        await send(link, event(Noted, 1))
        await eventually(lambda: _effects_are(database, 1), within=15)
    assert tries == 5
    assert await value(database, PARKED) == 0


async def test_a_handler_that_loses_to_another_transaction_goes_again_at_once(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """No attempt is counted, and the subscription stays open."""

    async def lose(connection: Connection, noted: Any) -> None:
        await note_effect(connection, noted)
        if len(readers.seen) == 1:
            await connection.execute(SERIALIZATION_FAILURE)

    paused = PAUSES.labels("reader")._value.get()
    async with running(readers.consumer(lose).run):
        await send(link, event(Noted, 1))
        await eventually(lambda: _effects_are(database, 1))
    assert readers.seen == [1, 1]
    assert PAUSES.labels("reader")._value.get() == paused


async def test_a_lost_database_pauses_the_consumer(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """Repeatedly lost connections under running handlers lose and park nothing."""
    async with running(Relay(database, link).run, readers.consumer().run):
        await write(database, Noted, range(400))
        for _ in range(3):
            await asyncio.sleep(0.1)
            async with database.connection() as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        await eventually(lambda: _effects_are(database, 400), within=45)
    assert await value(database, PARKED) == 0


async def test_a_handler_that_takes_too_long_is_retried(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """The timeout ends the transaction and counts as a failed attempt."""

    async def hang(connection: Connection, noted: Any) -> None:
        await note_effect(connection, noted)
        if readers.seen.count(noted.number) == 1:
            await asyncio.sleep(60)

    # It includes the statements before the handler, which take long on a busy machine.
    limit = timedelta(seconds=2)
    async with running(readers.consumer(hang, handler_timeout=limit).run):
        await send(link, event(Noted, 1))
        await eventually(lambda: _effects_are(database, 1), within=30)
    assert readers.seen == [1, 1]


async def test_an_unacknowledged_message_is_redelivered(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A handler cancelled by a library, a failure after the commit: the message is redelivered."""
    failures = [RuntimeError("after the commit"), None]

    async def cancelled_once(connection: Connection, noted: Any) -> None:
        await note_effect(connection, noted)
        if readers.seen.count(noted.number) == 1:
            raise asyncio.CancelledError

    def fail_once() -> None:
        if failures and (failure := failures.pop(0)) is not None:
            raise failure

    consumer = readers.consumer(cancelled_once, on_effect=fail_once)
    async with running(consumer.run):
        await send(link, event(Noted, 1))
        await eventually(lambda: _effects_are(database, 1))
        await send(link, event(Noted, 2))
        await eventually(lambda: _effects_are(database, 2))
        await eventually(consumer.is_ready)
    assert await _ready_messages(link) == 0


async def _ready_messages(link: BrokerLink) -> int:
    """Return how many messages returned to the queue when its consumer ended."""
    channel = await link.consuming_channel(1)
    try:
        queue = await channel.declare_queue(link.topology.queue("reader"), passive=True)
        return queue.declaration_result.message_count or 0
    finally:
        await channel.close()


async def test_a_queue_deleted_under_its_consumer_comes_back(
    database: Database, link: BrokerLink, readers: Readers, broker_url: str
) -> None:
    """The consumer redeclares queue and bindings, and resubscribes."""
    consumer = readers.consumer()
    async with running(Relay(database, link).run, consumer.run):
        await write(database, Noted, range(1))
        await eventually(lambda: _effects_are(database, 1))
        async with channel_to(broker_url) as channel:
            await channel.queue_delete(link.topology.queue("reader"))
            await write(database, Noted, range(1))
            await eventually(lambda: _effects_are(database, 2), within=5)


async def test_a_second_acknowledgement_closes_the_channel_and_it_recovers(
    database: Database, link: BrokerLink, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A protocol error (406) ends one subscription; the next one starts within seconds."""
    acknowledge = Subscription.acknowledge
    twice = True

    async def acknowledge_twice(
        subscription: Subscription, message: Any, *, multiple: bool = False
    ) -> None:
        nonlocal twice
        await acknowledge(subscription, message, multiple=multiple)
        if twice:
            twice = False
            await message.channel.basic_ack(message.delivery_tag)

    monkeypatch.setattr(Subscription, "acknowledge", acknowledge_twice)
    async with running(Relay(database, link).run, readers.consumer().run):
        await write(database, Noted, range(30))
        await eventually(lambda: _effects_are(database, 30), within=5)
        await write(database, Noted, range(1))
        await eventually(lambda: _effects_are(database, 31), within=5)


async def test_stopping_waits_for_a_running_handler(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A graceful stop finishes running handlers and acknowledges their messages."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: Connection, noted: Any) -> None:
        begun.set()
        await go_on.wait()
        await note_effect(connection, noted)

    task = asyncio.create_task(readers.consumer(slow).run())
    await send(link, event(Noted, 1))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0.1)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await effects(database) == (1, 1)


async def test_the_trace_continues_in_the_handler(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """The handler runs in the trace of the request that wrote the event."""
    traces: list[str | None] = []

    async def look(_connection: Connection, _noted: Any) -> None:
        traces.append(logs.traceparent.get())

    began = logs.begin_trace(None)
    async with running(Relay(database, link).run, readers.consumer(look).run):
        await write(database, Noted, range(1))
        await eventually(lambda: traces)
    logs.traceparent.set(None)
    assert traces == [began]


async def test_consumers_of_one_service_do_not_share_their_inbox(
    database: Database, link: BrokerLink
) -> None:
    """Each consumer processes an event once."""
    sent, other = event(Copied, 1).event_id, event(Copied, 2).event_id
    async with database.transaction() as connection:
        take = partial(inbox.take, connection)
        assert await take(consumer="reader", event_ids=[sent, sent]) == {sent}
        assert await take(consumer="copier.files", event_ids=[sent]) == {sent}
        assert await take(consumer="reader", event_ids=[other, sent]) == {other}
        await connection.execute("UPDATE inbox SET received_at = now() - interval '31 days'")
        assert await inbox.prune(connection, older_than=timedelta(days=30), limit=1) == 1
        assert await inbox.prune(connection, older_than=timedelta(days=30), limit=5) == 2
