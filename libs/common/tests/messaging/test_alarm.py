"""A broker with a memory alarm keeps its connections and accepts no event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from linktime_common.errors import NotReady
from linktime_common.http.health import ReadyCheck
from linktime_common.messaging import broker, relay, supervised_connection
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.waiting import eventually

from .notes import Noted, Readers, effects, is_up, link_to, running, write


@asynccontextmanager
async def short_of_memory(server: RabbitMQServer) -> AsyncIterator[None]:
    """Raise the node's memory alarm for the duration of the block."""
    await server.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield
    finally:
        await server.control("set_vm_memory_high_watermark", "absolute", "512MB")


async def _reason(check: ReadyCheck) -> str | None:
    try:
        await check()
    except NotReady as error:
        return str(error)
    return None


async def _passes(check: ReadyCheck) -> bool:
    try:
        return await check()
    except NotReady:
        return False


async def _are_taken_in(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


def _publishing_connections() -> float:
    return broker.CONNECTIONS.labels("publish")._value.get()


async def test_readiness_stays_red_while_no_event_leaves(
    database: Database, server: RabbitMQServer, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the blocked connection was replaced by a new one."""
    monkeypatch.setattr(supervised_connection, "PING_SECONDS", 0.2)
    monkeypatch.setattr(supervised_connection, "GIVE_UP_SECONDS", 2.0)
    monkeypatch.setattr(relay, "MEASURE_SECONDS", 0.1)
    second = timedelta(seconds=1)
    async with link_to(server.url, topology) as link:
        sender = Relay(database, link, publish_timeout=second, stalled=second)
        consumer = Readers(database, link).consumer()
        async with running(sender.run, consumer.run):
            await eventually(consumer.is_ready)
            before = _publishing_connections()
            async with short_of_memory(server):
                await write(database, Noted, range(20))
                assert "memory or disk" in await eventually(link.find_problem)
                assert "20 wait" in await eventually(lambda: _reason(sender.is_ready))
                await eventually(lambda: _publishing_connections() > before, within=30)
                await eventually(lambda: is_up(link))
                assert "20 wait" in (await _reason(sender.is_ready) or "")
            await eventually(lambda: _are_taken_in(database, 20), within=60)
            await eventually(lambda: _passes(sender.is_ready))
            await eventually(lambda: is_up(link))
