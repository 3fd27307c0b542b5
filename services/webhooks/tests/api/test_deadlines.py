"""Writes that wait for locked rows."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.rows import add_delivery, add_event, ago

from linktime_common.postgres import Database
from linktime_local.testing.locks import while_locked
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.store import endings
from linktime_webhooks.use_cases.sweep import sweep

pytestmark = pytest.mark.usefixtures("product_time_limits")

# Every delivery but the first ends once the lock is free.
SLOW_ENDING = """
    CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM delivery_history) THEN
            PERFORM pg_advisory_xact_lock(7);
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER slow_ending BEFORE INSERT ON delivery_history
        FOR EACH ROW EXECUTE FUNCTION wait_for_lock()
"""
REMOVE_SLOW_ENDING = "DROP FUNCTION wait_for_lock CASCADE"
LOCK_ENDINGS = "SELECT pg_advisory_xact_lock(7)"


@pytest.fixture
async def slow_ending(database: Database) -> AsyncIterator[None]:
    async with database.connection() as connection:
        await connection.execute(SLOW_ENDING)
    yield
    async with database.connection() as connection:
        await connection.execute(REMOVE_SLOW_ENDING)


async def test_a_write_that_waits_for_a_row_is_cut_off(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """503 within the time limit, nothing is changed, and a repeat with the same key succeeds."""
    change = ("PATCH", f"/{hook['id']}", {"description": "CRM"}, "k")
    lock = "SELECT FROM endpoints FOR UPDATE"
    async with database.connection() as connection:
        assert (await while_locked(connection, lock, ask(*change)))[0] == 503
    assert (await ask("GET", f"/{hook['id']}"))[1]["description"] == ""
    status, changed = await ask(*change)
    assert (status, changed["description"]) == (200, "CRM")


async def test_a_slow_ending_does_not_delay_the_reply_to_a_commit(
    ask: Ask,
    hook: dict[str, Any],
    owner: UUID,
    database: Database,
    deps: Deps,
    slow_ending: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A deletion ends deliveries in batches; the sweeper ends those left at the deadline."""
    monkeypatch.setattr(endings, "BATCH", 1)
    for minutes in (1, 2):
        event = await add_event(database, owner, at=ago(minutes=minutes))
        await add_delivery(
            database, event, hook["id"], DeliveryState.PENDING, at=ago(minutes=minutes)
        )
    async with database.connection() as connection:
        deletion = ask("DELETE", f"/{hook['id']}")
        assert (await while_locked(connection, LOCK_ENDINGS, deletion))[0] == 200
        assert await connection.fetchval("SELECT count(*) FROM deliveries") == 1
    await sweep(deps)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM deliveries") == 0
