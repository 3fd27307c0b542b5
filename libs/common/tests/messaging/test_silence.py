"""A broker that keeps its connections without responding, for less and more than the timeout."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import uvloop
from structlog.testing import capture_logs
from structlog.typing import EventDict

from linktime_common import postgres
from linktime_common.messaging import broker, channels, supervised_connection
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.silent_proxy import SilentProxy
from linktime_local.testing.waiting import eventually

from .notes import Noted, Readers, effects, event, is_up, link_to, running, send, write

Quiet = Callable[[SilentProxy, RabbitMQServer], AbstractContextManager[None]]
"""How a broker becomes unresponsive."""

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@contextlib.contextmanager
def both_ways(proxy: SilentProxy, _server: RabbitMQServer) -> Iterator[None]:
    proxy.hold()
    yield
    proxy.release()


@contextlib.contextmanager
def to_server(proxy: SilentProxy, _server: RabbitMQServer) -> Iterator[None]:
    proxy.hold(from_server=False)
    yield
    proxy.release()


@contextlib.contextmanager
def from_server(proxy: SilentProxy, _server: RabbitMQServer) -> Iterator[None]:
    proxy.hold(to_server=False)
    yield
    proxy.release()


@contextlib.contextmanager
def stopped(_proxy: SilentProxy, server: RabbitMQServer) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


async def silenced(
    dsn: str, server: RabbitMQServer, topology: Topology, quiet: Quiet, seconds: float
) -> None:
    """After the pause the link is ready again, and events flow from outbox to effect."""
    async with (
        _opened(dsn) as database,
        SilentProxy(server.url) as proxy,
        link_to(proxy.url, topology) as link,
    ):
        consumer = Readers(database, link).consumer()
        async with running(Relay(database, link).run, consumer.run):
            await eventually(consumer.is_ready, within=30)
            await write(database, Noted, range(20))
            await eventually(lambda: _effects_are(database, 20), within=30)
            with quiet(proxy, server):
                await write(database, Noted, range(20))
                await eventually(lambda: _is_not_ready(link), within=30)
                await asyncio.sleep(seconds)
            await eventually(lambda: is_up(link), within=60)
            await write(database, Noted, range(20))
            await eventually(lambda: _effects_are(database, 60), within=60)
            await eventually(consumer.is_ready, within=30)


@contextlib.asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[Database]:
    database = await postgres.connect(dsn, application_name="test")
    try:
        yield database
    finally:
        await database.close()


async def _is_not_ready(link: BrokerLink) -> bool:
    return not await is_up(link)


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the client's heartbeat timeout from 33 s to 6 s."""
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(channels, "CHANNEL_SECONDS", 0.5)
    monkeypatch.setattr(supervised_connection, "PING_SECONDS", 0.5)
    monkeypatch.setattr(supervised_connection, "GIVE_UP_SECONDS", 12.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("quiet", "seconds", "new_loop"),
    [
        (both_ways, 2, LOOPS[0]),
        (both_ways, 10, LOOPS[0]),
        (both_ways, 10, LOOPS[1]),
        (to_server, 10, LOOPS[1]),
        (from_server, 10, LOOPS[1]),
        (stopped, 10, LOOPS[1]),
    ],
)
def test_a_silent_broker_is_found_again(
    dsn: str,
    server: RabbitMQServer,
    topology: Topology,
    quiet: Quiet,
    seconds: float,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """A short pause keeps the connection, a long one ends it."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(silenced(dsn, server, topology, quiet, seconds))


async def test_a_dead_connection_is_renewed_while_the_broker_responds_on_the_other(
    database: Database, server: RabbitMQServer, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before a heartbeat or the time limit for a silent broker ends it."""
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", 600)
    monkeypatch.setattr(supervised_connection, "GIVE_UP_SECONDS", 600.0)
    monkeypatch.setattr(supervised_connection, "PING_SECONDS", 0.5)
    async with SilentProxy(server.url) as proxy, link_to(server.url, topology) as link:
        await link.wait_until_up()
        consumer = Readers(database, link).consumer()
        link._url = proxy.url  # for the connection to consume
        with capture_logs() as lines:
            async with running(consumer.run):
                await eventually(consumer.is_ready, within=30)
                link._url = server.url
                proxy.hold()
                await eventually(lambda: _subscriptions(lines) == 2, within=60)
                proxy.release()
                await send(link, event(Noted, 1))
                await eventually(lambda: _effects_are(database, 1), within=60)


def _subscriptions(lines: list[EventDict]) -> int:
    return sum(one["event"] == "consuming" for one in lines)


@pytest.mark.soak
@pytest.mark.parametrize("seconds", [20, 40, 75, 200])
@pytest.mark.parametrize("quiet", [both_ways, to_server, from_server, stopped])
def test_a_silent_broker_is_found_again_in_real_time(
    dsn: str, server: RabbitMQServer, topology: Topology, quiet: Quiet, seconds: float
) -> None:
    """With the timeouts of production."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(silenced(dsn, server, topology, quiet, seconds))
