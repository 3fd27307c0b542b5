"""The dependencies of use cases, new accounts, and the events in the outbox."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account
from linktime_scim.use_cases.create_user import CreateUser, create_user

from .accounts import NOW, POOL_SIZE, Events, NewUser


class StandingClock:
    """A clock with a fixed time."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture
def deps(database: Database) -> Deps:
    return Deps(database, StandingClock(), Plan.BUSINESS, "https://linktime.test")


@pytest.fixture
def events(database: Database) -> Events:
    """Return the events in the outbox, in order, and delete them."""

    async def take() -> list[dict[str, Any]]:
        async with database.transaction() as connection:
            rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
            await connection.execute("TRUNCATE outbox")
        return [orjson.loads(row["envelope"]) for row in rows]

    return take


@pytest.fixture
def new_user(deps: Deps) -> NewUser:
    """Create an account; every argument has a default.

    At most as many concurrently as the pool has connections: on a busy machine others would time
    out while waiting for one.
    """
    connections = asyncio.Semaphore(POOL_SIZE)

    async def make(name: str = "Ann Lee", email: str | None = None, **more: Any) -> Account:
        fields: dict[str, Any] = {"username": None, "plan": None, "timezone": "UTC", **more}
        user_id: UUID = fields.pop("id", None) or new_id()
        address = email or f"{user_id}@example.com"
        async with connections:
            account, _is_new = await create_user(CreateUser(user_id, address, name, **fields), deps)
        return account

    return make
