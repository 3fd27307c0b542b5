"""A name server, a resolver that uses it, and clients with and without access to this machine."""

from collections.abc import AsyncIterator

import pytest
from libs.common.tests.egress.nameserver import NameServer, name_server
from services.webhooks.tests.subscribers import LOOPBACK

from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    async with name_server() as server:
        yield server


@pytest.fixture
async def subscribers(names: NameServer) -> AsyncIterator[Subscribers]:
    """Clients that may reach 127.0.0.0/8."""
    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(WayOut(resolver), allow_http=True) as subscribers,
    ):
        yield subscribers


@pytest.fixture
async def strict(names: NameServer) -> AsyncIterator[Subscribers]:
    """Clients that may only reach public addresses, as in production."""
    async with (
        Resolver([], server=names.address) as resolver,
        Subscribers(WayOut(resolver), allow_http=True) as subscribers,
    ):
        yield subscribers


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules, with a time limit of one second instead of fifteen."""
    monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 1.0)
