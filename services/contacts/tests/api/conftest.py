"""Contacts answering over HTTP, one for all tests of a module."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.identity import Door
from linktime_common.process import Role
from linktime_common.testing.services import Running, running
from linktime_contacts.app import SERVICE

Answer = tuple[int, Any]
Get = Callable[..., Awaitable[Answer]]
Resync = Callable[..., Awaitable[Answer]]


@pytest.fixture(scope="module")
async def service(
    fresh_dsn: Callable[[], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Running]:
    async with (
        fresh_dsn() as dsn,
        running(
            SERVICE, Role.SERVE, postgres_dsn=dsn, broker_url="amqp://127.0.0.1:1/"
        ) as contacts,
    ):
        yield contacts


@pytest.fixture(scope="module")
def get(service: Running) -> Get:
    """GET a public path as the owner: (status, parsed body)."""

    async def call(owner_id: UUID, path: str, **query: Any) -> Answer:
        headers = service.identity(Door.API_KEY, subject=owner_id)
        url = f"{service.url}/api/v1{path}"
        async with service.session.get(url, params=query, headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture(scope="module")
def resync(service: Running) -> Resync:
    """Hand bookings in as the operator's resync does."""

    async def call(*bookings: BookingState, version: int = 1) -> Answer:
        entries = [
            {"booking": booking.model_dump(mode="json"), "version": version} for booking in bookings
        ]
        headers = service.identity(Door.OPERATOR, issuer="operator")
        url = f"{service.internal_url}/internal/resync"
        async with service.session.post(
            url, json={"bookings": entries}, headers=headers
        ) as response:
            return response.status, await response.json()

    return call
