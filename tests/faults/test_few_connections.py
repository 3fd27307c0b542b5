"""A PostgreSQL with fewer connections than the services may open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from tests.hosts import make_host
from tests.stacks import settings_for_tests

from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.connections import connection_problems
from linktime_operator.operations.doctor import diagnose
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack

SLOTS = 50
POOL_SIZE = 16


@pytest.fixture
async def crowded(stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    """Six services whose pools may open more than twice the connections that there are."""
    folder = stack_folder()
    server = PostgresServer(stack_folder(), durable=False, max_connections=SLOTS)
    await server.start()
    environment = settings_for_tests(folder)
    for service in SERVICES:
        environment[service][f"{service.upper()}_POSTGRES_POOL_SIZE"] = str(POOL_SIZE)
    given = StackSettings(port=None, postgres_dsn=server.dsn)
    async with Stack(
        folder, given, name="linktime_crowded", environment=environment, temporary=True
    ) as one:
        yield one
    await server.stop()


@pytest.mark.soak
async def test_a_burst_is_refused_with_503_and_over_soon(
    crowded: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Never with 500. Afterwards everything is answered, and doctor names the limit."""
    host = await make_host(crowded, http)
    slots = await host.slots()
    paths = ("/api/v1/bookings", "/api/v1/contacts", "/api/v1/event-types", "/api/v1/me")
    for _ in range(3):
        burst = await asyncio.gather(
            *map(host.book, slots[:60]),
            *(host.call("GET", path) for path in paths for _ in range(60)),
        )
        assert {one.status for one in burst} <= {200, 201, 409, 503}
        assert all("Retry-After" in one.headers for one in burst if one.status == 503)
    logs = [path.read_text() for path in (crowded.state / "logs").glob("*.log")]
    assert any("53300" in text for text in logs), "the limit was not reached"
    assert not [text for text in logs if '"level":"error"' in text]
    for path in paths:
        assert (await host.call_until_decided("GET", path)).status == 200
    assert (await host.book_until_decided(slots[-1])).status == 201

    urls = {name: crowded.file.services[name].internal_url for name in SERVICES}

    async def named() -> bool:
        found = await diagnose(http, urls, None, tmp_path, crowded.clients)
        assert all(health.ready for health in found.services.values())
        return any("may open" in problem for problem in connection_problems(found.services))

    await eventually(named, within=60)
