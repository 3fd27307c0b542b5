"""The directory's databases for tests."""

from collections.abc import AsyncIterator

import pytest

from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_local.testing.databases import FreshDsn, TemplateDatabases, empty
from linktime_scim.app import SERVICE


@pytest.fixture(scope="session")
def fresh_dsn(template_databases: TemplateDatabases) -> FreshDsn:
    """Return the DSN of a new, migrated database for the duration of a block."""

    async def bring_up(dsn: str) -> None:
        await migrate(dsn, *SERVICE.migrations)

    return lambda: template_databases.fresh("scim", bring_up)


@pytest.fixture(scope="module")
async def module_dsn(fresh_dsn: FreshDsn) -> AsyncIterator[str]:
    async with fresh_dsn() as dsn:
        yield dsn


@pytest.fixture
async def database(module_dsn: str) -> AsyncIterator[Database]:
    """The module's database, without rows."""
    await empty(module_dsn)
    database = await connect(module_dsn, application_name="test")
    try:
        yield database
    finally:
        await database.close()
