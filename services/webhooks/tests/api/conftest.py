"""The service answering over HTTP, as a user of the dashboard and as the operator see it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.conftest import SEALING_KEY

from linktime_common.identity import Door
from linktime_common.ids import new_id
from linktime_common.process import Role
from linktime_local.testing.services import Running, running
from linktime_webhooks.app import SERVICE

# An address needs no name server.
NEW = {"url": "https://93.184.215.14/hook", "events": ["booking.created", "contact.created"]}

Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
async def webhooks(dsn: str, broker_url: str, topology_prefix: str) -> AsyncIterator[Running]:
    async with running(
        SERVICE,
        Role.SERVE,
        postgres_dsn=dsn,
        broker_url=broker_url,
        broker_prefix=topology_prefix,
        sealing_keys=[SEALING_KEY],
    ) as service:
        yield service


def as_user(webhooks: Running, user_id: UUID) -> Ask:
    """Asks with that user's session, below their webhooks."""

    async def call(method: str, path: str = "", body: Any = None, key: str = "") -> Answer:
        headers = webhooks.identity(Door.SESSION, subject=user_id)
        if key:
            headers["Idempotency-Key"] = key
        url = f"{webhooks.url}/dashboard/api/webhooks{path}"
        async with webhooks.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture
def owner() -> UUID:
    return new_id()


@pytest.fixture
def ask(webhooks: Running, owner: UUID) -> Ask:
    """The owner asks."""
    return as_user(webhooks, owner)


@pytest.fixture
async def hook(ask: Ask) -> dict[str, Any]:
    """A webhook of the owner's, as it was answered, with its secret."""
    status, made = await ask("POST", body=NEW)
    assert status == 201, made
    return dict(made)
