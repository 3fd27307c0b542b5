"""An empty database, a dispatcher with short retry delays, and a recording subscriber."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from services.webhooks.tests.subscribers import LOOPBACK, SEALING_KEY, Received, Subscriber

from linktime_common.egress.resolver import Resolver
from linktime_common.migrate import migrate
from linktime_common.postgres import Database
from linktime_common.sealing import Sealer
from linktime_local.testing.databases import FreshDsn, TemplateDatabases
from linktime_webhooks.app import SERVICE
from linktime_webhooks.deps import Deps


@pytest.fixture(scope="session")
def fresh_dsn(template_databases: TemplateDatabases) -> FreshDsn:
    """Return the DSN of a new, migrated database for the duration of a block."""

    async def prepare(address: str) -> None:
        await migrate(address, *SERVICE.migrations)

    return lambda: template_databases.fresh("webhooks", prepare)


@pytest.fixture
async def deps(database: Database) -> AsyncIterator[Deps]:
    async with Resolver(LOOPBACK) as resolver:
        yield Deps(database, Sealer([SEALING_KEY]), resolver, allow_http=True)


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
