"""A deleted user: the account and its credentials, with a real database."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from services.gateway.tests.api.callers import Browser, user_event

from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserState,
    UserUpdated,
)
from linktime_common.ids import new_id
from linktime_common.postgres import Database, connect
from linktime_common.user_deletion import delete_users, find_state
from linktime_gateway.consumers import HANDLERS
from linktime_gateway.use_cases.delete_account import delete_account
from linktime_local.testing.waiting import eventually

TABLES = ("sessions", "api_keys", "account_links", "account_mail_requests", "logins")
REVIVE = "INSERT INTO api_keys (id, user_id, name, key_hash, prefix, last4, created_at)"


@pytest.fixture
async def stored(database_dsn: str) -> AsyncIterator[Database]:
    database = await connect(database_dsn, application_name="test", size=4)
    yield database
    await database.close()


@pytest.fixture
async def of_gateway(settings: dict[str, Any]) -> AsyncIterator[Database]:
    """The database of the running gateway."""
    database = await connect(settings["postgres_dsn"], application_name="test", size=4)
    yield database
    await database.close()


def deleted(user_id: UUID, *organizations: UUID) -> UserDeleted:
    return UserDeleted(
        occurred_at=datetime.now(UTC),
        owner_id=user_id,
        aggregate_id=user_id,
        aggregate_version=100,
        organization_ids=list(organizations),
    )


async def apply(database: Database, *events: Any) -> None:
    for one in events:
        async with database.transaction() as connection:
            await HANDLERS[type(one)](connection, one)


async def rows_of(database: Database, user_id: UUID) -> dict[str, int]:
    """Return how many rows the user has in each table that has some."""
    found = {}
    async with database.connection() as connection:
        for table in TABLES:
            query = f"SELECT count(*) FROM {table} WHERE user_id = $1"
            found[table] = await connection.fetchval(query, user_id)
        query = "SELECT count(*) FROM accounts WHERE id = $1"
        found["accounts"] = await connection.fetchval(query, user_id)
    return {table: number for table, number in found.items() if number}


@pytest.mark.parametrize("seed", range(6))
async def test_events_in_any_order_and_twice_end_the_same(
    stored: Database, world: Any, seed: int
) -> None:
    """Nothing of the account is stored, whatever arrives after the deletion."""
    user: UserState = world.directory.add()
    inactive = user.model_copy(update={"active": False})
    events = [
        user_event(UserCreated, user, 1),
        user_event(UserUpdated, user, 2),
        user_event(UserDeactivated, inactive, 3),
        deleted(user.id),
    ] * 2
    random.Random(seed).shuffle(events)
    await apply(stored, *events)
    assert await rows_of(stored, user.id) == {}


async def test_credentials_end_with_the_event(
    of_gateway: Database, browser: Browser, operator: Any, call: Any, nobody: Browser
) -> None:
    """Key and session are refused at once, although they were cached; another user's stay."""
    user_id = UUID(browser.user_id)
    status, made = await operator.call("POST", f"/internal/users/{user_id}/api-keys", {})
    assert status == 201, made

    async def refused() -> bool:
        session = await browser.call("GET", "/session")
        key = await call("GET", "/api/v1/me", made["key"])
        return bool((session.status, key.status) == (401, 401))

    assert (await browser.call("GET", "/session")).status == 200
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200
    assert {"accounts", "logins", "sessions", "api_keys"} <= set(await rows_of(of_gateway, user_id))
    await apply(of_gateway, deleted(new_id()))
    assert not await refused()
    await apply(of_gateway, deleted(user_id))
    await eventually(refused)
    assert await rows_of(of_gateway, user_id) == {}
    nobody.email = browser.email
    assert (await nobody.sign_in()).status == 401


async def test_scim_tokens_of_deleted_organizations_end(
    of_gateway: Database, call: Any, scim_token: Any, organization: UUID
) -> None:
    token = await scim_token()

    async def refused() -> bool:
        return bool((await call("GET", "/api/scim/v2/Users", token)).status == 401)

    await apply(of_gateway, deleted(new_id(), new_id()))
    assert not await refused()
    await apply(of_gateway, deleted(new_id(), organization))
    await eventually(refused)
    async with of_gateway.connection() as connection:
        query = "SELECT count(*) FROM scim_tokens WHERE organization_id = $1"
        assert await connection.fetchval(query, organization) == 0


async def test_what_was_written_meanwhile_is_deleted_by_the_second_run(stored: Database) -> None:
    """A key that was being made when the event arrived."""
    user_id = new_id()
    await apply(stored, deleted(user_id))
    work = partial(delete_users, stored, partial(delete_account, stored))
    await work()
    async with stored.connection() as connection:
        assert await find_state(connection, user_id) == "done"
        values = "VALUES ($1, $2, 'late', '', 'lt', '1234', now())"
        await connection.execute(f"{REVIVE} {values}", new_id(), user_id)
        await connection.execute("UPDATE user_deletions SET due_at = now() WHERE runs = 1")
    await work()
    assert await rows_of(stored, user_id) == {}
