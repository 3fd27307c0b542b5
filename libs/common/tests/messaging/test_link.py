"""The broker link: ready, closed at any moment, without a broker."""

import asyncio
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from linktime_common.messaging.broker import BROKER_LOST, lost_if_cancelled
from linktime_common.messaging.topology import Topology
from linktime_local.testing.waiting import eventually

from .notes import link_to


async def test_a_link_can_be_closed_at_any_moment_of_its_start(
    broker_url: str, topology: Topology
) -> None:
    """Cancellation takes effect in the client at every await."""
    for step in range(30):
        began = time.monotonic()
        async with link_to(broker_url, topology):
            await asyncio.sleep(step * 0.004)
        assert time.monotonic() - began < 4


async def test_a_link_without_broker_is_not_ready_and_does_not_keep_anyone_waiting(
    topology: Topology,
) -> None:
    """A service starts and serves without the broker."""
    async with link_to("amqp://nobody@127.0.0.1:9/", topology) as link:
        assert not await link.is_ready()


async def test_a_link_is_ready_when_the_topology_is_declared(
    broker_url: str, topology: Topology
) -> None:
    """Ready means that events are routable."""
    async with link_to(broker_url, topology) as link:
        await link.wait_until_up()
        assert await eventually(link.is_ready)


async def test_a_broker_that_accepts_and_closes_at_once_is_an_ordinary_outage(
    topology: Topology,
) -> None:
    """A load balancer without a backend: the link retries, each time with one log line."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def not_reached(lines: Any) -> int:
        return sum(one["event"] == "broker not reached" for one in lines)

    async with server:
        with capture_logs() as lines:
            async with link_to(f"amqp://nobody@127.0.0.1:{port}/", topology) as link:
                await eventually(lambda: not_reached(lines) >= 2)
                assert not await link.is_ready()
    about_broker = [one for one in lines if "broker" in one["event"] or "task" in one]
    assert {one["log_level"] for one in about_broker} == {"warning"}


def test_a_connection_that_ends_before_its_first_frame_is_lost() -> None:
    """aiormq raises StopAsyncIteration on EOF before the first read."""
    with pytest.raises(BROKER_LOST), lost_if_cancelled():
        raise StopAsyncIteration
