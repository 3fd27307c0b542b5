"""Contacts' databases, and bookings as the events carry them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common.contracts.events.bookings import (
    BookedEventType,
    BookedHost,
    BookingState,
    BookingStatus,
)
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_contacts.app import SERVICE
from linktime_local.testing.databases import TemplateDatabases

FreshDsn = Callable[[], AbstractAsyncContextManager[str]]
Events = Callable[[], Awaitable[list[dict[str, Any]]]]
NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
INTRO = BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=30)


@pytest.fixture(scope="session")
def fresh_dsn(template_databases: TemplateDatabases) -> FreshDsn:
    """The DSN of a new, migrated database for the length of a block."""

    async def bring_up(dsn: str) -> None:
        await migrate(dsn, *SERVICE.migrations)

    return lambda: template_databases.fresh("contacts", bring_up)


@pytest.fixture
async def database(fresh_dsn: FreshDsn) -> AsyncIterator[Database]:
    async with fresh_dsn() as dsn:
        database = await connect(dsn, application_name="test")
        try:
            yield database
        finally:
            await database.close()


@pytest.fixture
def events(database: Database) -> Events:
    """What waits to be published, in order; each call forgets what it returns."""

    async def take() -> list[dict[str, Any]]:
        async with database.transaction() as connection:
            rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
            await connection.execute("TRUNCATE outbox")
        return [orjson.loads(row["envelope"]) for row in rows]

    return take


def a_booking(host_id: UUID, *, start: datetime = NOW, **fields: Any) -> BookingState:
    """A confirmed half hour with Zoë; any field can be given."""
    return BookingState(
        **{
            "id": new_id(),
            "status": BookingStatus.CONFIRMED,
            "start_time": start,
            "end_time": start + timedelta(minutes=30),
            "buffer_before": 0,
            "buffer_after": 0,
            "invitee_name": "Zoë",
            "invitee_email": "zoe@example.com",
            "invitee_timezone": "Europe/Berlin",
            "invitee_phone": None,
            "notes": None,
            "answers": [],
            "event_type": INTRO,
            "host": BookedHost(id=host_id, name="Ann", email="ann@example.com", username="ann"),
            "location": None,
            "source": "api",
            "sequence": 0,
            "reservation_id": new_id(),
            "created_at": NOW,
            "updated_at": NOW,
            "cancelled_at": None,
            "cancellation_reason": None,
            **fields,
        }
    )


@pytest.fixture(scope="session")
def booking() -> Callable[..., BookingState]:
    return a_booking


@pytest.fixture
def now() -> datetime:
    return NOW
