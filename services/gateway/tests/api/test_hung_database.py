"""The gateway's PostgreSQL is stopped: connections stay open without responses."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from services.gateway.tests.api.callers import PASSWORD, Browser, Got, Operator
from services.gateway.tests.world import World

from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_gateway.app import SERVICE
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.engines import state_folder
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually

# Above the four seconds that are promised, as two cores are shared; a wait without a timeout takes
# at least ten.
PROMISED_SECONDS = 4.0 + 3.0


@pytest.fixture
async def server() -> AsyncIterator[PostgresServer]:
    """A PostgreSQL server that the test may stop."""
    with state_folder("postgres") as folder:
        server = PostgresServer(folder, durable=False)
        await server.start()
        await migrate(server.dsn, *SERVICE.migrations)
        yield server
        server.resume()
        await server.stop()


@pytest.fixture
async def own_gateway(
    server: PostgresServer, world: World, broker_url: str, product_time_limits: None
) -> AsyncIterator[Running]:
    prefix = f"gateway-{new_id().hex[-12:]}"
    settings = world.settings(postgres_dsn=server.dsn, broker_url=broker_url, broker_prefix=prefix)
    async with running(SERVICE, **settings) as gateway:
        yield gateway


async def test_requests_are_503_in_time_while_the_database_is_stopped(
    own_gateway: Running, server: PostgresServer, world: World, call: Any
) -> None:
    """Repeatedly; then all requests work again."""
    operator = Operator(own_gateway)
    user = world.directory.add()
    # Never used before, so that none is cached.
    keys = [(await operator.make_key(user))["key"] for _ in range(8)]
    account = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD, "plan": "PRO"}
    assert (await operator.call("POST", "/internal/users", account))[0] == 201
    browser = Browser(own_gateway, own_gateway.url, "ada@example.com")
    assert (await browser.sign_in()).status == 200

    async def ask() -> list[tuple[Got, float]]:
        return await asyncio.gather(
            _timed(browser.another().sign_in()),
            _timed(browser.call("GET", "/api-keys")),
            _timed(browser.call("POST", "/api-keys", {"name": "k"}, Idempotency_Key="once")),
            *(_timed(call("GET", "/api/v1/me", key, url=own_gateway.url)) for key in keys),
        )

    server.pause()
    for _round in range(2):
        for got, seconds in await ask():
            assert got.status == 503
            assert int(got.headers["Retry-After"]) >= 1
            assert seconds < PROMISED_SECONDS
    server.resume()
    await eventually(lambda: _is_well(browser))
    assert {got.status for got, _seconds in await ask()} <= {200, 201}


async def _timed(request: Any) -> tuple[Got, float]:
    began = time.monotonic()
    return await request, time.monotonic() - began


async def _is_well(browser: Browser) -> bool:
    return (await browser.another().sign_in()).status == 200
