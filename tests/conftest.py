"""The whole of LinkTime, started once for these tests, with separate hosts for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from linktime_local.testing.collectors import Collector, collecting
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack
from tests.hosts import Host, make_host
from tests.receiver import Receiver
from tests.stacks import temporary_stack


@pytest.fixture(scope="session")
def stack_folder() -> "Callable[[], Path]":
    """Create folders that the servers' account can enter; removed at the end of the run."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="linktime-test-stack-"))
        folder.chmod(0o711)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def collector() -> AsyncIterator[Collector]:
    """Return the collector to which the stack of the run sends its spans; it keeps none."""
    async with collecting() as opened:
        opened.keeps = False
        yield opened


@pytest.fixture(scope="package")
async def stack(stack_folder: Callable[[], Path], collector: Collector) -> AsyncIterator[Stack]:
    """Return the stack of the tests of this folder. A test that damages it must restore it.

    It ends after the last of them. It records traces; those of `tests/web` and of the services'
    own tests do not.
    """
    recording = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "1000"}
    environment = dict.fromkeys(SERVICES, recording)
    async with temporary_stack(stack_folder(), environment=environment) as running:
        yield running


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@pytest.fixture
async def host(stack: Stack, http: aiohttp.ClientSession) -> Host:
    """Return a new host with a key and an event type that is free at all times."""
    return await make_host(stack, http)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a subscriber that keeps its deliveries."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()
