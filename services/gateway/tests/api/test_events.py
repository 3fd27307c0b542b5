"""The account projection, fed by events over a real broker."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from services.gateway.tests.api.callers import user_event

from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserEvent,
    UserState,
    UserUpdated,
)
from linktime_common.postgres import Database, connect
from linktime_gateway.consumers import HANDLERS
from linktime_gateway.use_cases.update_account import update_account
from linktime_local.testing.waiting import eventually


@pytest.fixture
async def database(database_dsn: str) -> AsyncIterator[Database]:
    database = await connect(database_dsn, application_name="test", size=4)
    yield database
    await database.close()


def history(user: UserState) -> list[UserEvent]:
    """Return events with versions 1 to 4: created, renamed, deactivated, reactivated on another
    plan."""
    renamed = user.model_copy(update={"name": "Renamed"})
    inactive = renamed.model_copy(update={"active": False})
    back = renamed.model_copy(update={"effective_plan": "BUSINESS"})
    return [
        user_event(UserCreated, user, 1),
        user_event(UserUpdated, renamed, 2),
        user_event(UserDeactivated, inactive, 3),
        user_event(UserUpdated, back, 4),
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_events_in_any_order_and_twice_end_the_same(
    database: Database, world: Any, seed: int
) -> None:
    """The highest version wins; the login is created once."""
    user = world.directory.add()
    events = [*history(user), *history(user)]
    random.Random(seed).shuffle(events)
    for one in events:
        async with database.transaction() as connection:
            await HANDLERS[type(one)](connection, one)
    async with database.connection() as connection:
        stored = await connection.fetchrow(
            "SELECT name, effective_plan, active, version FROM accounts WHERE id = $1", user.id
        )
        logins = await connection.fetch("SELECT password_hash, activated_at FROM logins")
    assert tuple(stored) == ("Renamed", "BUSINESS", True, 4)
    assert [login["password_hash"] for login in logins] == [None]
    assert logins[0]["activated_at"] is not None


async def test_an_account_stored_without_time_zone_gets_it_by_a_resync(
    database: Database, world: Any
) -> None:
    """The same version is stored again if an earlier version of LinkTime has stored it."""
    user = world.directory.add()
    async with database.transaction() as connection:
        await update_account(connection, user, 1)
        await connection.execute("UPDATE accounts SET timezone = NULL")
        assert await update_account(connection, user, 1)
        assert not await update_account(connection, user, 1)
        assert await connection.fetchval("SELECT timezone FROM accounts") == user.timezone


async def test_a_key_stops_and_works_again_as_events_arrive(
    call: Any, operator: Any, world: Any, publish_event: Any
) -> None:
    """From the broker to the response of a request."""
    user = world.directory.add()
    key = (await operator.make_key(user))["key"]

    async def answers(status: int) -> bool:
        return bool((await call("GET", "/api/v1/me", key)).status == status)

    assert await answers(200)
    inactive = user.model_copy(update={"active": False})
    await publish_event(UserDeactivated, inactive, 10)
    await eventually(lambda: answers(401))
    await publish_event(UserUpdated, inactive, 9)
    await publish_event(UserUpdated, user, 11)
    await eventually(lambda: answers(200))


@pytest.mark.parametrize("seed", range(4))
async def test_credentials_end_for_any_order_of_events(
    database: Database, world: Any, seed: int
) -> None:
    """An older event does not restore them."""
    user = world.directory.add()
    ended_at = datetime(2026, 3, 2, tzinfo=UTC)
    ended = user.model_copy(update={"credentials_valid_from": ended_at})
    events = [
        user_event(UserCreated, user, 1),
        user_event(UserUpdated, ended, 2),
        user_event(UserUpdated, ended.model_copy(update={"name": "Renamed"}), 3),
    ]
    random.Random(seed).shuffle(events)
    for one in events:
        async with database.transaction() as connection:
            await HANDLERS[type(one)](connection, one)
    async with database.connection() as connection:
        kept = "SELECT credentials_valid_from FROM accounts WHERE id = $1"
        assert await connection.fetchval(kept, user.id) == ended_at
