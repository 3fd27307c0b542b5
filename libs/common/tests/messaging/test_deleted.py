"""Exchanges and queues that are deleted while services run, and a delay that accepts nothing."""

import pytest
from structlog.testing import capture_logs

from linktime_common.messaging import broker, subscription
from linktime_common.messaging import topology as topologies
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Connection, Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.waiting import eventually

from .notes import (
    PARKED,
    UNDELAYED,
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


class Failing:
    """A handler that fails until `works` is set."""

    def __init__(self) -> None:
        self.works = False

    async def __call__(self, connection: Connection, noted: Noted) -> None:
        if not self.works:
            raise RuntimeError
        await note_effect(connection, noted)


class FailsOnce(Failing):
    """A handler that fails for the first time."""

    async def __call__(self, connection: Connection, noted: Noted) -> None:
        works, self.works = self.works, True
        if not works:
            raise RuntimeError
        await note_effect(connection, noted)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "DECLARE_AGAIN_SECONDS", 0.0)


async def _one_effect(database: Database) -> bool:
    return await effects(database) == (1, 1)


@pytest.mark.parametrize("what", ["queue", "exchange"])
async def test_a_deleted_delay_comes_back_with_the_next_message(
    database: Database, broker_url: str, link: BrokerLink, what: str
) -> None:
    """Without a new connection; the message is retried, and no subscription ends."""
    delay = link.topology.retry_exchange(0)
    consumer = Readers(database, link).consumer(FailsOnce())
    async with running(consumer.run):
        await eventually(consumer.is_ready)
        async with channel_to(broker_url) as channel:
            await (channel.queue_delete if what == "queue" else channel.exchange_delete)(delay)
        with capture_logs() as lines:
            await send(link, event(Noted, 1))
            await eventually(lambda: _one_effect(database))
    assert not any(one["event"] == "messages requeued" for one in lines)
    assert await value(database, PARKED) == 0


async def test_a_deleted_exchange_of_events_comes_back_with_the_next_event(
    database: Database, broker_url: str, link: BrokerLink
) -> None:
    """With the bindings of all queues."""
    consumer = Readers(database, link).consumer()
    async with running(Relay(database, link).run, consumer.run):
        await eventually(consumer.is_ready)
        async with channel_to(broker_url) as channel:
            await channel.exchange_delete(link.topology.events_exchange)
        await write(database, Noted, range(1))
        await eventually(lambda: _one_effect(database))


async def test_what_no_message_of_ours_finds_missing_comes_back_in_time(
    broker_url: str, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker itself publishes to the exchange of queues, after a delay."""
    monkeypatch.setattr(broker, "DECLARE_EVERY_SECONDS", 0.2)
    async with link_to(broker_url, topology) as link:
        await link.wait_until_up()
        async with channel_to(broker_url) as channel:
            await channel.exchange_delete(topology.queues_exchange)
        await eventually(lambda: _exists(broker_url, topology.queues_exchange))


async def _exists(url: str, exchange: str) -> bool:
    async with channel_to(url) as channel:
        try:
            await channel.get_exchange(exchange)
        except BROKER_LOST:
            return False
    return True


async def test_a_message_that_no_delay_accepts_is_not_given_up(
    database: Database, server: RabbitMQServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is attempted more often than it may be delivered, with growing pauses."""
    monkeypatch.setattr(topologies, "DELIVERY_LIMIT", 6)
    monkeypatch.setattr(subscription, "OFTEN_DELIVERED", 2)
    monkeypatch.setattr(subscription, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(subscription, "LONGEST_PAUSE_SECONDS", 0.05)
    failing = Failing()
    async with link_to(server.url_of("undelayed", "undelayed"), UNDELAYED) as link:
        readers = Readers(database, link)
        consumer = readers.consumer(failing)
        async with running(consumer.run):
            await eventually(consumer.is_ready)
            await send(link, event(Noted, 1))
            await eventually(lambda: len(readers.seen) > 14, within=30)
            assert consumer._subscription._outages > 6
            failing.works = True
            await eventually(lambda: _one_effect(database), within=30)
    assert await value(database, PARKED) == 0
