"""A running gateway with stand-in services that record requests."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_gateway.app import SERVICE
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import Running, running

from .long_limits import set_long_limits, set_product_limits
from .world import (
    SERVICES,
    Directory,
    StandIn,
    World,
)


@pytest.fixture(autouse=True)
def _long_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long time limits and quick password hashes, also of gateways that a test starts."""
    set_long_limits(monkeypatch)


@pytest.fixture
def product_time_limits(_long_limits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limits of production, for gateways that the test starts."""
    set_product_limits(monkeypatch)


@contextlib.asynccontextmanager
async def _listening(stand_in: StandIn) -> AsyncIterator[StandIn]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await stand_in.answer(request)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield stand_in
    finally:
        await runner.cleanup()


@pytest.fixture(scope="session")
async def _world() -> AsyncIterator[World]:
    async with contextlib.AsyncExitStack() as stack:
        services = {
            name: await stack.enter_async_context(_listening(StandIn(name))) for name in SERVICES
        }
        directory = Directory("scim")
        await stack.enter_async_context(_listening(directory))
        yield World(services, directory)


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    """The stand-ins, reset to no recorded requests and default responses."""
    for stand_in in (*_world.services.values(), _world.directory):
        stand_in.seen.clear()
        stand_in.reply = None
    yield _world
    for stand_in in (*_world.services.values(), _world.directory):
        stand_in.reply = None


async def _migrate(dsn: str) -> None:
    await migrate(dsn, *SERVICE.migrations)


@pytest.fixture
async def database_dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    """A gateway database for one test."""
    async with template_databases.fresh("gateway", _migrate) as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def _shared(
    _world: World, template_databases: TemplateDatabases, broker_url: str
) -> AsyncIterator[tuple[Running, dict[str, Any]]]:
    async with template_databases.fresh("gateway", _migrate) as dsn:
        settings = _world.settings(
            postgres_dsn=dsn, broker_url=broker_url, broker_prefix=f"gateway-{new_id().hex[-12:]}"
        )
        async with contextlib.AsyncExitStack() as stack:
            with pytest.MonkeyPatch.context() as patch:
                set_long_limits(patch)
                gateway = await stack.enter_async_context(running(SERVICE, **settings))
            yield gateway, settings


@pytest.fixture
def gateway(_shared: tuple[Running, dict[str, Any]], world: World) -> Running:
    """One gateway for all tests that create only users."""
    return _shared[0]


@pytest.fixture
def settings(_shared: tuple[Running, dict[str, Any]], world: World) -> dict[str, Any]:
    """The settings of `gateway`, for another process."""
    return _shared[1]
