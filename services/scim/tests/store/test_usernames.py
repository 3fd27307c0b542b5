"""A username that is given up while another account asks for it."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_common.postgres import Connection, Database
from linktime_local.testing.waiting import eventually
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UsernameTaken
from linktime_scim.store import former_usernames, users

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
WAITING = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND wait_event_type = 'Lock'
"""


async def add(connection: Connection, username: str) -> Account | None:
    user_id = new_id()
    return await users.insert(
        connection,
        user_id=user_id,
        email=f"{user_id}@example.com",
        name="Ann Lee",
        usernames=[username],
        timezone="UTC",
        locale=None,
        plan=Plan.FREE,
        version=1,
        now=NOW,
        email_verified=False,
        managed_by=None,
    )


async def added(database: Database, username: str) -> UUID:
    async with database.transaction() as connection:
        account = await add(connection, username)
    assert account is not None
    return account.id


async def rename(connection: Connection, user_id: UUID, before: str, after: str) -> None:
    await users.lock(connection, user_id)
    await users.set_username(connection, user_id, after, now=NOW)
    await former_usernames.add(connection, before, user_id, now=NOW)


async def test_it_is_refused_to_an_account_that_waits_for_it(database: Database) -> None:
    """The waiting change sees the former username, which is committed after it began."""
    ann, other = await added(database, "ann"), await added(database, "other")

    async def take() -> None:
        async with database.transaction() as connection:
            await rename(connection, other, "other", "ann")

    async def somebody_waits() -> bool:
        async with database.connection() as connection:
            return bool(await connection.fetchval(WAITING))

    async with database.transaction() as connection:
        await rename(connection, ann, "ann", "bob")
        taking = asyncio.create_task(take())
        await eventually(somebody_waits)
    with pytest.raises(UsernameTaken):
        await taking
    async with database.connection() as connection:
        found = await users.find_by_username(connection, "ann")
        kept = await users.find_by_username(connection, "other")
    assert (found and found.id, kept and kept.username) == (ann, "other")


async def test_it_is_refused_to_a_new_account(database: Database) -> None:
    """Before and after the change is committed."""
    ann = await added(database, "ann")
    async with database.transaction() as connection, database.transaction() as concurrent:
        await rename(connection, ann, "ann", "bob")
        assert await add(concurrent, "ann") is None
    async with database.transaction() as connection:
        assert await add(connection, "ann") is None
