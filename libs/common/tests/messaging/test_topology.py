"""The topology on the broker and its permissions."""

import re
from datetime import timedelta

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused

from linktime_common.contracts.events import EVENTS
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import NotPublished, Publisher
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.waiting import eventually

from .notes import (
    OURS,
    Copied,
    Noted,
    Readers,
    channel_to,
    effects,
    event,
    is_up,
    link_to,
    running,
    write,
)


async def test_services_with_least_rights_build_the_topology_together(
    server: RabbitMQServer, database: Database
) -> None:
    """On an empty broker none may create all queues; each is ready once the others have started."""
    reader_url, copier_url = (server.url_of(name, name) for name in ("reader", "copier"))
    async with link_to(reader_url, OURS, "reader") as reader:
        readers = Readers(database, reader)
        async with running(Relay(database, reader).run, readers.consumer().run):
            await write(database, Noted, range(3))
            async with link_to(copier_url, OURS, "copier") as copier:
                await eventually(lambda: is_up(copier), within=15)
                await eventually(lambda: _effects_are(database, 3), within=15)


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def test_a_service_may_not_speak_or_listen_for_another(server: RabbitMQServer) -> None:
    """Publishing another's event, reading another's queue or writing to it is refused."""
    async with channel_to(server.url) as channel:
        await OURS.declare(channel)
    url = server.url_of("copier", "copier")
    async with link_to(url, OURS, "copier") as link:
        await link.wait_until_up()
        await _publish(link, OURS.events_exchange, Copied.routing_key())
        await _publish(link, OURS.queues_exchange, "linktime.copier.files")
        await _publish(link, OURS.retry_exchange(0), "linktime.copier.files")
        for exchange, key in (
            (OURS.events_exchange, Noted.routing_key()),
            (OURS.queues_exchange, "linktime.reader"),
            (OURS.retry_exchange(0), "linktime.reader"),
            ("", "linktime.reader"),
        ):
            with pytest.raises(NotPublished, match="ChannelAccessRefused"):
                await _publish(link, exchange, key)
    async with channel_to(url) as channel:
        queue = await channel.get_queue("linktime.reader", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await queue.consume(_ignore)


async def _ignore(_message: object) -> None:
    """Never called."""


async def _publish(link: BrokerLink, exchange: str, key: str) -> None:
    publisher = Publisher(link, timeout_seconds=5)
    sent = event(Copied, 1)
    try:
        await publisher.publish(
            exchange, key, sent.envelope(), message_id=str(sent.event_id), headers={}
        )
    finally:
        await publisher.close()


async def test_declaring_again_changes_nothing(broker_url: str, topology: Topology) -> None:
    """Every process declares the topology at start."""
    connection = await aio_pika.connect(broker_url)
    channel = await connection.channel()
    await topology.declare(channel)
    await topology.declare(channel, first="copier")
    await connection.close()


def test_the_declared_events_make_the_permissions() -> None:
    """Each service may publish exactly the events that declare it as publisher."""
    topology = Topology()
    for service in {event_type.publisher for event_type in EVENTS}:
        events = topology.permissions(service).topics[0]
        assert events.exchange == "linktime.events"
        allowed = {e.publisher for e in EVENTS if re.match(events.write, e.routing_key())}
        assert allowed == {service}
    silent = topology.permissions("nobody").topics[0].write
    assert not any(re.match(silent, event_type.routing_key()) for event_type in EVENTS)


def test_delay_stages_are_named_for_their_length() -> None:
    """A changed delay is another queue, since a queue's arguments cannot change."""
    topology = Topology(stages=(*Topology().stages, timedelta(milliseconds=250)))
    names = [topology.retry_exchange(stage).rsplit(".", 1)[1] for stage in range(5)]
    assert names == ["5s", "30s", "5m", "1h", "250ms"]
