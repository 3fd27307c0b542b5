"""Every SQL constant is valid in the migrated schema."""

import inspect
from types import ModuleType

import pytest

from linktime_common.postgres import Database
from linktime_contacts.store import (
    calls,
    contacts,
    conversations,
    erased_texts,
    erasures,
    meetings,
    messages,
    personal_data,
    retention,
)

MODULES = [
    calls,
    contacts,
    conversations,
    erased_texts,
    erasures,
    meetings,
    messages,
    personal_data,
    retention,
]


@pytest.mark.parametrize("module", MODULES)
async def test_statements_fit_the_schema(database: Database, module: ModuleType) -> None:
    """PostgreSQL accepts the names and types of each statement."""
    found = [
        value
        for name, value in inspect.getmembers(module)
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]
    assert found
    async with database.connection() as connection:
        for sql in found:
            await connection.prepare(sql)
