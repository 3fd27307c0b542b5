"""Every SQL constant fits the migrated schema."""

import inspect
from types import ModuleType

import pytest

from linktime_common.postgres import Database
from linktime_contacts.store import calls, contacts, conversations, meetings, messages


@pytest.mark.parametrize("module", [calls, contacts, conversations, meetings, messages])
async def test_statements_fit_the_schema(database: Database, module: ModuleType) -> None:
    """PostgreSQL accepts names and types of each, on every version that the tests meet."""
    found = [
        value
        for name, value in inspect.getmembers(module)
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]
    assert found
    async with database.connection() as connection:
        for sql in found:
            await connection.prepare(sql)


async def test_a_search_among_many_uses_the_trigram_index(database: Database) -> None:
    """A host's search does not read every contact of everybody."""
    async with database.connection() as connection:
        await connection.execute(
            """
            INSERT INTO contacts (id, owner_id, name, email, email_key, search_key, version,
                                  created_at, updated_at)
            SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'n', e, e,
                   md5(n::text) || E'\\n' || e, 1, now(), now()
              FROM generate_series(1, 20000) AS n, LATERAL (SELECT n || '@example.com' AS e) AS m
            """
        )
        await connection.execute("VACUUM ANALYZE contacts")
        plan = await connection.fetch(
            "EXPLAIN SELECT count(*) FROM contacts"
            " WHERE owner_id = '00000000-0000-0000-0000-000000000001'"
            " AND search_key LIKE '%c20ad4d7%'"
        )
    assert "contacts_search" in "\n".join(row[0] for row in plan)
