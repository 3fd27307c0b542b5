"""Messages and calls are deleted after a retention, if one is set."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linktime_common.clock import SystemClock
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_contacts.deps import Deps
from linktime_contacts.use_cases.retain import retain

NOW = datetime.now(UTC)
OLD, NEW = NOW - timedelta(days=31), NOW - timedelta(days=29)

ADD_THREAD = """
    INSERT INTO conversations (id, owner_id, channel, contact_address, our_address,
                               first_message_at, last_message_at)
    VALUES ($1, $2, 'SMS', $3, '+4930999999', $4, $5)
"""
ADD_MESSAGE = """
    INSERT INTO messages (id, owner_id, conversation_id, source, external_id, direction, media,
                          sent_at)
    VALUES ($1, $2, $3, 'crm', $4, 'INBOUND', '[]', $5)
"""
ADD_CALL = """
    INSERT INTO calls (id, owner_id, source, external_id, direction, started_at, duration_seconds,
                       status, transcript, metadata)
    VALUES ($1, $2, 'crm', $3, 'INBOUND', $4, 60, 'COMPLETED', '[]', '{}')
"""


@pytest.fixture
async def deps(database: Database) -> Deps:
    """A thread of old messages, one that goes on, an old call and a new one."""
    owner_id, old, going = new_id(), new_id(), new_id()
    async with database.connection() as connection:
        await connection.execute(ADD_THREAD, old, owner_id, "+4930111111", OLD, OLD)
        await connection.execute(ADD_THREAD, going, owner_id, "+4930222222", OLD, NEW)
        for thread, sent_at in ((old, OLD), (going, OLD), (going, NEW)):
            await connection.execute(
                ADD_MESSAGE, new_id(), owner_id, thread, str(new_id()), sent_at
            )
        for started_at in (OLD, NEW):
            await connection.execute(ADD_CALL, new_id(), owner_id, str(new_id()), started_at)
    return Deps(database, SystemClock())


async def kept(database: Database) -> tuple[list[datetime], list[datetime], list[datetime]]:
    """Return the times of messages, of the beginnings of threads, and of calls."""
    async with database.connection() as connection:
        messages = await connection.fetch("SELECT sent_at FROM messages ORDER BY 1")
        threads = await connection.fetch("SELECT first_message_at FROM conversations ORDER BY 1")
        calls = await connection.fetch("SELECT started_at FROM calls ORDER BY 1")
    return [row[0] for row in messages], [row[0] for row in threads], [row[0] for row in calls]


async def test_without_a_retention_everything_stays(deps: Deps) -> None:
    before = await kept(deps.database)
    await retain(deps)
    assert await kept(deps.database) == before


async def test_old_messages_and_calls_are_deleted(deps: Deps) -> None:
    """A thread begins with its oldest message; one without messages is deleted."""
    month = timedelta(days=30)
    await retain(replace(deps, message_retention=month))
    assert await kept(deps.database) == ([NEW], [NEW], [OLD, NEW])
    await retain(replace(deps, call_retention=month))
    assert await kept(deps.database) == ([NEW], [NEW], [NEW])
