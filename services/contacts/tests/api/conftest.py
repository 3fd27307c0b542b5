"""A running contacts service, shared by the tests of a module."""

import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database, connect
from linktime_common.process import ProcessRole
from linktime_contacts.app import SERVICE
from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.services import Running, running

from .calls import Answer, Call, Get, PendingEvents, Resync


@pytest.fixture(scope="module")
async def dsn(fresh_dsn: FreshDsn) -> AsyncIterator[str]:
    async with fresh_dsn() as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def service(dsn: str) -> AsyncIterator[Running]:
    async with running(
        SERVICE, ProcessRole.SERVE, postgres_dsn=dsn, broker_url="amqp://127.0.0.1:1/"
    ) as contacts:
        yield contacts


@pytest.fixture(scope="module")
async def stored(dsn: str) -> AsyncIterator[Database]:
    """A connection to the service's database."""
    database = await connect(dsn, application_name="test")
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(scope="module")
def pending_events(stored: Database) -> PendingEvents:
    """Return the unpublished events of one owner."""

    async def find(owner_id: UUID) -> list[dict[str, Any]]:
        async with stored.connection() as connection:
            rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
        documents = [orjson.loads(row["envelope"]) for row in rows]
        return [one for one in documents if one["ownerid"] == str(owner_id)]

    return find


@pytest.fixture(scope="module")
def call(service: Running) -> Call:
    """Any method and public path as the owner: (status, parsed body). `raw` is sent as it is."""

    async def send(
        owner_id: UUID,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        caller_kind: CallerKind = CallerKind.API_KEY,
        raw: bytes | None = None,
        timezone: str | None = None,
    ) -> Answer:
        headers = service.identity(caller_kind, subject=owner_id, timezone=timezone)
        if key is not None:
            headers["Idempotency-Key"] = key
        sent = raw if body is None else orjson.dumps(body)
        data = None if sent is None else io.BytesIO(sent)
        if data is not None:
            headers["Content-Type"] = "application/json"
        async with service.session.request(
            method, f"{service.url}{path}", data=data, headers=headers
        ) as response:
            return response.status, await response.json()

    return send


@pytest.fixture(scope="module")
def get(service: Running) -> Get:
    """Send a GET request to a public path as the owner; return the status and the parsed body."""

    async def call(
        owner_id: UUID, path: str, *, from_zone: str | None = None, **query: Any
    ) -> Answer:
        headers = service.identity(CallerKind.API_KEY, subject=owner_id, timezone=from_zone)
        url = f"{service.url}/api/v1{path}"
        async with service.session.get(url, params=query, headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture(scope="module")
def resync(service: Running) -> Resync:
    """Send bookings to the resync endpoint as the operator."""

    async def call(*bookings: BookingState, version: int = 1) -> Answer:
        entries = [
            {"booking": booking.model_dump(mode="json"), "version": version} for booking in bookings
        ]
        headers = service.identity(CallerKind.OPERATOR, issuer="operator")
        url = f"{service.internal_url}/internal/resync"
        async with service.session.post(
            url, json={"bookings": entries}, headers=headers
        ) as response:
            return response.status, await response.json()

    return call


@pytest.fixture
def owner_id() -> UUID:
    """A user without data."""
    return new_id()
