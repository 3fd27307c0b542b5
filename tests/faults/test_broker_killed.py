"""RabbitMQ is killed under load: each event has its effect, once."""

import asyncio

import aiohttp
import pytest
from tests.faults.load import every_effect, make_load
from tests.faults.truth import sent_once
from tests.receiver import Receiver

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

SECONDS_AFTER_RETURN = 60


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param(20, id="1,000 bookings"),
        pytest.param(100, id="5,000 bookings", marks=pytest.mark.soak),
    ],
)
async def test_the_broker_is_killed_amid_events(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver, hosts: int
) -> None:
    """Within a minute of its restart every booking has its webhook, meeting and reservation."""
    load = await make_load(stack, http, receiver, hosts=hosts, each=50)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.book_all())
        await load.reached(0.5)
        before = stack.file.rabbitmq.pid
        await stack.kill("rabbitmq")
    await eventually(lambda: stack.file.rabbitmq.pid != before, within=60, what="its return")
    await every_effect(stack, receiver, load, within=SECONDS_AFTER_RETURN)
    sent_once(receiver)
