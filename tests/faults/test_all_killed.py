"""Every service is killed in turn while bookings are made."""

import asyncio

import aiohttp
from tests.faults.harm import (
    deliveries_are_due,
    holds_expire,
    leases_end,
    pids,
    revived,
)
from tests.faults.load import every_effect, make_load
from tests.faults.truth import booked_times, live
from tests.receiver import Receiver

from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack


async def test_every_service_is_killed_amid_bookings(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """Repeated under their keys all bookings are made, each with all its effects, once."""
    load = await make_load(stack, http, receiver, hosts=6, each=50)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.book_all())
        for place, service in enumerate(SERVICES, start=1):
            await load.reached(0.8 * place / len(SERVICES))
            before = pids(stack, service)
            await stack.kill(service)
            await revived(stack, service, before)
    for host in load.hosts:
        await leases_end(host)
        await holds_expire(host)
    await deliveries_are_due(stack)

    await every_effect(stack, receiver, load, within=30)
    for host in load.hosts:
        assert await live(host) == [("confirmed", start) for start in await booked_times(host)]
