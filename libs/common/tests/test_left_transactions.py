"""Transactions of processes that have stopped."""

import pytest

from linktime_common import postgres, sessions
from linktime_common.errors import Unavailable
from linktime_local.testing.databases import TemplateDatabases


async def test_locks_of_a_stopped_process_are_released(
    template_databases: TemplateDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends an idle transaction, and its owner gets the error in COMMIT."""
    monkeypatch.setattr(sessions, "IDLE_IN_TRANSACTION_SECONDS", 1)

    async def no_schema(_dsn: str) -> None:
        """The lock is on no table."""

    async with template_databases.fresh("left", no_schema) as dsn:
        database = await postgres.connect(dsn, application_name="test")
        with pytest.raises(Unavailable):
            async with database.transaction() as stopped:
                await stopped.execute("SELECT pg_advisory_xact_lock(1)")
                async with database.connection() as other:
                    await other.execute("SELECT pg_advisory_lock(1)", timeout=5)
        await database.close()
