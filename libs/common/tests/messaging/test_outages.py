"""A private broker, killed, paused and damaged under load."""

import asyncio
import time
from datetime import timedelta

import pytest

from linktime_common.messaging import supervised_connection
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_local.servers.rabbitmq import ELECT_LEADERS, RabbitMQServer
from linktime_local.testing.waiting import eventually

from .notes import (
    STAGES,
    Copied,
    Noted,
    Readers,
    channel_to,
    effects,
    is_up,
    link_to,
    running,
    value,
    write,
)
from .settling import SETTLED_SECONDS

UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND routing_key = $1"


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def _effects_reach(database: Database, number: int) -> bool:
    return (await effects(database))[0] >= number


@pytest.mark.soak
async def test_a_broker_killed_in_the_middle_of_5000_events_loses_and_doubles_nothing(
    database: Database, server: RabbitMQServer, topology: Topology
) -> None:
    """Every effect happens exactly once, within 60 s of the broker's restart."""
    async with link_to(server.url, topology) as link:
        readers = Readers(database, link)
        consumer = readers.consumer()
        async with running(Relay(database, link).run, consumer.run):
            await eventually(consumer.is_ready)
            await asyncio.sleep(SETTLED_SECONDS)
            await write(database, Noted, range(5000))
            await eventually(lambda: _effects_reach(database, 1000), within=30)
            await server.kill()
            assert not await _effects_are(database, 5000)
            await eventually(lambda: _is_not_ready(link))
            await server.start()
            returned = time.monotonic()
            await eventually(lambda: _effects_are(database, 5000), within=60)
            print(f"all effects {time.monotonic() - returned:.1f} s after the broker's return")
            assert await eventually(lambda: is_up(link))


async def _is_not_ready(link: BrokerLink) -> bool:
    return not await is_up(link)


async def test_a_paused_broker_turns_readiness_red_and_recovers(
    database: Database, server: RabbitMQServer, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unresponsive broker is detected, and nothing is lost."""
    monkeypatch.setattr(supervised_connection, "PING_SECONDS", 0.5)
    short = timedelta(seconds=1)
    async with link_to(server.url, topology) as link:
        readers = Readers(database, link)
        consumer = readers.consumer()
        async with running(Relay(database, link, publish_timeout=short).run, consumer.run):
            await eventually(consumer.is_ready)
            await write(database, Noted, range(100))
            await eventually(lambda: _effects_are(database, 100))
            server.pause()
            try:
                await write(database, Noted, range(100, 300))
                await eventually(lambda: _is_not_ready(link), within=5)
                await eventually(
                    lambda: value(database, "SELECT count(*) > 0 FROM outbox WHERE attempts > 0")
                )
            finally:
                server.resume()
            await eventually(lambda: is_up(link), within=10)
            await eventually(lambda: _effects_are(database, 300), within=30)


async def test_a_queue_without_leader_stops_no_other(
    database: Database, server: RabbitMQServer, topology_prefix: str
) -> None:
    """Events for other queues pass while one queue's wait, and those follow when it recovers."""
    prefix = topology_prefix.rstrip(".")
    async with channel_to(server.url) as channel:
        await Topology(prefix, STAGES, (Noted,)).declare(channel)
        await asyncio.sleep(SETTLED_SECONDS)
        whole = Topology(prefix, STAGES, (Noted, Copied))
        await whole.declare(channel)
        await server.kill()
    server._unclean_mark.unlink()  # otherwise the start would repair the queue
    await server.start()
    short = timedelta(seconds=1)
    async with link_to(server.url, whole) as link:
        readers = Readers(database, link)
        relay = Relay(database, link, publish_timeout=short, longest_wait=short)
        async with running(relay.run, readers.consumer().run):
            await link.wait_until_up()
            await write(database, Copied, range(20))
            await eventually(
                lambda: value(database, "SELECT count(*) > 0 FROM outbox WHERE attempts > 0")
            )
            for number in range(1, 6):
                await write(database, Noted, range(20))
                await write(database, Copied, range(1))
                await eventually(
                    lambda expected=20 * number: _effects_are(database, expected), within=10
                )
            assert await value(database, UNPUBLISHED, Copied.routing_key()) == 25
            await server.control("eval", ELECT_LEADERS)
            await eventually(lambda: _none_left(database, Copied.routing_key()), within=40)


async def _none_left(database: Database, routing_key: str) -> bool:
    return await value(database, UNPUBLISHED, routing_key) == 0
