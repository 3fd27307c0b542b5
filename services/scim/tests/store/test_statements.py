"""Every SQL constant fits the migrated schema."""

from linktime_common.postgres import Database
from linktime_local.testing.sql_constants import refused_constants, sql_constants
from linktime_scim import store


async def test_statements_fit_the_schema(database: Database) -> None:
    """PostgreSQL accepts names and types of each, on every tested version."""
    assert len(sql_constants(store)) >= 70
    async with database.connection() as connection:
        assert await refused_constants(connection, store) == {}
