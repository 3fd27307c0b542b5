"""The link to the broker: ready, closed at any moment, away."""

import asyncio
import time

from linktime_common.messaging.topology import Topology
from linktime_local.testing.waiting import eventually

from .notes import link_to


async def test_a_link_can_be_closed_at_any_moment_of_its_start(
    broker_url: str, topology: Topology
) -> None:
    """Cancelling reaches through the client, whatever it was waiting for."""
    for step in range(30):
        began = time.monotonic()
        async with link_to(broker_url, topology):
            await asyncio.sleep(step * 0.004)
        assert time.monotonic() - began < 4


async def test_a_link_without_broker_is_not_ready_and_does_not_keep_anyone_waiting(
    topology: Topology,
) -> None:
    """A service starts and serves while the broker is away."""
    async with link_to("amqp://nobody@127.0.0.1:9/", topology) as link:
        assert not await link.is_ready()


async def test_a_link_is_ready_when_the_topology_is_declared(
    broker_url: str, topology: Topology
) -> None:
    """Readiness promises that events have somewhere to go."""
    async with link_to(broker_url, topology) as link:
        await link.wait_until_up()
        assert await eventually(link.is_ready)
