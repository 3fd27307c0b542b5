"""The service answering over HTTP, as a user of the dashboard and as the operator see it."""

from collections.abc import AsyncIterator

import pytest
from services.webhooks.tests.conftest import SEALING_KEY

from linktime_common.process import Role
from linktime_common.testing.services import Running, running
from linktime_webhooks.app import SERVICE


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
