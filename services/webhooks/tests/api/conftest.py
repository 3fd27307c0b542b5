"""The service over HTTP, one for all tests of a module, for a dashboard user and the operator."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import NEW, Ask, as_user
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_common.ids import new_id
from linktime_common.process import ProcessRole
from linktime_local.testing.services import Running, running
from linktime_webhooks.app import SERVICE


@pytest.fixture(scope="module")
async def service(module_dsn: str, broker_url: str) -> AsyncIterator[Running]:
    async with running(
        SERVICE,
        ProcessRole.SERVE,
        postgres_dsn=module_dsn,
        broker_url=broker_url,
        broker_prefix="test.webhooks.",
        sealing_keys=[SEALING_KEY],
    ) as service:
        yield service


@pytest.fixture
def webhooks(service: Running, dsn: str) -> Running:
    """The module's service, with an empty database."""
    return service


@pytest.fixture
def owner() -> UUID:
    return new_id()


@pytest.fixture
def ask(webhooks: Running, owner: UUID) -> Ask:
    """Calls as the owner."""
    return as_user(webhooks, owner)


@pytest.fixture
async def hook(ask: Ask) -> dict[str, Any]:
    """The reply to the creation of a webhook of the owner, with its secret."""
    status, made = await ask("POST", body=NEW)
    assert status == 201, made
    return dict(made)
