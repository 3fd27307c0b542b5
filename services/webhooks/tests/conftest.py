"""A migrated database, a dispatcher with quick retries, and a subscriber that remembers."""

import asyncio
import contextlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
from aiohttp import web

from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_common.sealing import Sealer
from linktime_local.testing.databases import TemplateDatabases
from linktime_webhooks.app import SERVICE
from linktime_webhooks.clients.resolver import Resolver
from linktime_webhooks.clients.subscriber import Subscribers
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.use_cases.sweep import sweep

LOOPBACK = [ip_network("127.0.0.0/8")]
SEALING_KEY = "k1:" + urlsafe_b64encode(b"s" * 32).decode()
QUICK_DELAYS = (0, 0.05, 0.05)


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async def prepare(address: str) -> None:
        await migrate(address, *SERVICE.migrations)

    async with template_databases.fresh("webhooks", prepare) as address:
        yield address


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test")
    yield database
    await database.close()


@pytest.fixture
async def deps(database: Database) -> AsyncIterator[Deps]:
    async with Resolver(LOOPBACK) as resolver:
        yield Deps(database, Sealer([SEALING_KEY]), resolver, allow_http=True)


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Subscriber:
    """A receiver; `answer` decides what each request is told."""

    url: str
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], web.Response] = lambda _received: web.Response(status=204)


@pytest.fixture
async def receiver() -> AsyncIterator[Subscriber]:
    async def take(request: web.Request) -> web.Response:
        one = Received(request.path, dict(request.headers), await request.read())
        subscriber_.received.append(one)
        return subscriber_.answer(one)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    subscriber_ = Subscriber(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    yield subscriber_
    await runner.cleanup()


@contextlib.asynccontextmanager
async def dispatching(
    deps: Deps, *, delays: tuple[float, ...] = QUICK_DELAYS
) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work for the length of the block."""
    async with Subscribers(deps.resolver) as subscribers:
        dispatcher = Dispatcher(deps, subscribers, delays)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def leases_end(deps: Deps) -> None:
    """What a dead dispatcher had in hand is free again, as after a minute."""
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE deliveries SET lease_until = now() - interval '1 second'"
            " WHERE lease_until IS NOT NULL"
        )
    await sweep(deps)
