"""The databases are migrated and each of two processes of a service replaced under load.

LINKTIME_PREVIOUS names the commit or tag whose services run first: `make verify-upgrade` sets it.
Without it, each process is replaced by one of the same version.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from bench.cost_trees import older_tree, packages_of
from tests.faults.rolling import Traffic
from tests.faults.truth import booked_times, live
from tests.hosts import make_host, rows
from tests.receiver import Receiver
from tests.stacks import temporary_stack

from linktime_local.servers.processes import run_once
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.services import INNER, OUTER, SERVICES
from linktime_operator.stack.stack import Stack

PRESENT = {"PYTHONPATH": ""}
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
PARKED = "SELECT count(*) FROM parked_messages"


@contextlib.contextmanager
def packages_before() -> Iterator[str]:
    """Return PYTHONPATH of the services that run first; empty: this version."""
    if previous := os.environ.get("LINKTIME_PREVIOUS"):
        with older_tree(previous) as tree:
            yield packages_of(tree)
    else:
        yield ""


@pytest.fixture(scope="module")
async def pairs(stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    with packages_before() as packages:
        environment = {service: {"PYTHONPATH": packages} for service in SERVICES}
        folder = stack_folder()
        async with temporary_stack(
            folder, name="linktime_pairs", environment=environment, replicas=2
        ) as running:
            yield running


async def migrate(stack: Stack) -> None:
    """Migrate every database with the present code, as an upgrade does first."""
    for service in SERVICES:
        environment = stack._processes.of(service)[0].environment | PRESENT
        command = [sys.executable, "-P", "-m", f"linktime_{service}", "migrate"]
        log = stack.state / "logs" / f"{service}-migrate.log"
        assert await run_once(command, env=environment, log=log, within=60) == 0, log.read_text()


@pytest.mark.soak
async def test_no_request_fails_while_each_process_is_replaced(
    pairs: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """Nor is an event lost, or a time booked twice."""
    hosts = [await make_host(pairs, http) for _ in range(4)]
    for host in hosts:
        await host.subscribe(receiver.url, "booking.created")
    traffic = Traffic(hosts)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(traffic.run())
        await traffic.more(20)
        await migrate(pairs)
        for service in (*INNER, *OUTER):
            await traffic.more(20)
            await pairs.roll(service, PRESENT)
        await traffic.more(20)
        traffic.stop()
        await running
    print(f"{traffic.answers.total()} requests: {dict(traffic.answers)}")
    assert traffic.failures == []

    async def delivered() -> bool:
        assert len({body["data"]["id"] for body in receiver.read()}) == traffic.answers["book"]
        return True

    await eventually(delivered, within=60, every=0.5, what="the webhooks")
    for host in hosts:
        assert await live(host) == [("confirmed", start) for start in await booked_times(host)]
    for service in INNER:
        assert await rows(pairs, service, PARKED) == [(0,)]
        assert await rows(pairs, service, UNPUBLISHED) == [(0,)]
