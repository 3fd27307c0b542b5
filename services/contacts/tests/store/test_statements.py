"""Every SQL constant is valid in the migrated schema."""

from linktime_common.postgres import Database
from linktime_contacts import store
from linktime_local.testing.sql_constants import refused_constants, sql_constants


async def test_statements_fit_the_schema(database: Database) -> None:
    """PostgreSQL accepts the names and types of each statement."""
    assert len(sql_constants(store)) >= 35
    async with database.connection() as connection:
        assert await refused_constants(connection, store) == {}
