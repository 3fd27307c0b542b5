"""RabbitMQ is stopped and continued: services recover without a restart, and lose nothing."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from tests.faults.truth import booking, meetings_are
from tests.hosts import Host

from linktime_local.testing.waiting import eventually
from linktime_operator.operations.doctor import Diagnosis, diagnose
from linktime_operator.stack.stack import Stack


async def examined(stack: Stack, http: aiohttp.ClientSession) -> Diagnosis:
    urls = {name: where.internal_url for name, where in stack.file.services.items()}
    return await diagnose(http, urls, None, Path())


@pytest.mark.soak
@pytest.mark.parametrize("seconds", [20, 80])
async def test_every_service_finds_a_stopped_broker_again(
    stack: Stack, host: Host, http: aiohttp.ClientSession, seconds: float
) -> None:
    """Bookings are accepted meanwhile, and their events follow when the broker continues."""
    free = await host.slots()
    write = booking(host, free[0])
    stack.pause("rabbitmq")
    try:

        async def all_are_unready() -> bool:
            found = await examined(stack, http)
            return all("broker" in one.since for one in found.services.values())

        await eventually(all_are_unready, within=30, every=0.5)
        assert (await write.until_answered()).status == 201
        await asyncio.sleep(seconds)
    finally:
        stack.resume("rabbitmq")

    async def all_are_ready() -> bool:
        found = await examined(stack, http)
        return all(one.ready and not one.since for one in found.services.values())

    await eventually(all_are_ready, within=60, every=0.5)
    later = booking(host, free[3])
    assert (await later.until_answered()).status == 201
    for one in (write, later):
        await meetings_are(host, one.body["inviteeEmail"], 1)
