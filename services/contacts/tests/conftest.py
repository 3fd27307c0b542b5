"""Databases of contacts, and booking states for events."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
import pytest

from linktime_common.contracts.events.bookings import (
    BookingState,
)
from linktime_common.migrate import migrate
from linktime_common.postgres import Database
from linktime_contacts.app import SERVICE
from linktime_local.testing.databases import FreshDsn, TemplateDatabases

from .bookings import NOW, a_booking

Events = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def fresh_dsn(template_databases: TemplateDatabases) -> FreshDsn:
    """The DSN of a new, migrated database."""

    async def bring_up(dsn: str) -> None:
        await migrate(dsn, *SERVICE.migrations)

    return lambda: template_databases.fresh("contacts", bring_up)


@pytest.fixture
def events(database: Database) -> Events:
    """Return the unpublished events in order, and delete them."""

    async def take() -> list[dict[str, Any]]:
        async with database.transaction() as connection:
            rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
            await connection.execute("TRUNCATE outbox")
        return [orjson.loads(row["envelope"]) for row in rows]

    return take


@pytest.fixture(scope="session")
def booking() -> Callable[..., BookingState]:
    return a_booking


@pytest.fixture
def now() -> datetime:
    return NOW
