"""The migration from casefolded to lowercase keys, also for rows written by the previous
version."""

import asyncpg

from linktime_common.caseless import caseless, lowercase_key
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_gateway.app import SERVICE
from linktime_local.testing.databases import TemplateDatabases, migrate_before

BEFORE = migrate_before(SERVICE.migrations, "0006")
INSERT = """
    INSERT INTO accounts (id, email, email_key, name, username, plan, effective_plan, active,
                          version)
    VALUES ($1, $2, $3, 'Ann', 'ann', 'FREE', 'FREE', true, 1)
"""


async def test_keys_of_accounts(template_databases: TemplateDatabases) -> None:
    """Existing rows and rows inserted by an old process during the migration."""
    before = ("ann@example.com", "STRAẞE@example.com", "ΣΊΣΥΦΟΣ@example.com")
    meanwhile = ("strasse@example.com", "Weiß@example.com", "WEISS@example.com")
    async with template_databases.fresh("gateway_before_lowercase_keys", BEFORE) as dsn:
        connection = await asyncpg.connect(dsn)
        for email in before:
            await connection.execute(INSERT, new_id(), email, caseless(email))
        await migrate(dsn, *SERVICE.migrations)
        for email in meanwhile:
            await connection.execute(INSERT, new_id(), email, caseless(email))
        rows = await connection.fetch("SELECT email, email_key FROM accounts")
        await connection.close()
    assert {row["email"]: row["email_key"] for row in rows} == {
        email: lowercase_key(email) for email in (*before, *meanwhile)
    }
