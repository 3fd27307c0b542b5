"""The directory's databases for tests."""

import pytest

from linktime_common.migrate import migrate
from linktime_local.testing.databases import FreshDsn, TemplateDatabases
from linktime_scim.app import SERVICE


@pytest.fixture(scope="session")
def fresh_dsn(template_databases: TemplateDatabases) -> FreshDsn:
    """Return the DSN of a new, migrated database for the duration of a block."""

    async def bring_up(dsn: str) -> None:
        await migrate(dsn, *SERVICE.migrations)

    return lambda: template_databases.fresh("scim", bring_up)
