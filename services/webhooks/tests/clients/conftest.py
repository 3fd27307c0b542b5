"""A name server, a resolver that asks it, and clients that may reach this machine or may not."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from services.webhooks.tests.clients.nameserver import NameServer, name_server
from services.webhooks.tests.conftest import LOOPBACK

from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.resolver import Resolver
from linktime_webhooks.clients.subscriber import Outcome, Subscribers, Target
from linktime_webhooks.domain.signing import message_id

EVENT = UUID("01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24")
SECRET = b"s" * 32
BODY = b'{"type":"booking.created","timestamp":"2026-03-01T14:00:00.000Z","data":{}}'


async def post(
    subscribers: Subscribers, url: str, *, body: bytes = BODY, **headers: str
) -> Outcome:
    """One attempt, signed with SECRET."""
    target = Target(url, [SECRET], headers)
    return await subscribers.post(
        target, message_id=message_id(EVENT), timestamp=1_772_373_600, body=body
    )


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    async with name_server() as server:
        yield server


@pytest.fixture
async def subscribers(names: NameServer) -> AsyncIterator[Subscribers]:
    """May reach 127.0.0.0/8."""
    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(resolver) as subscribers,
    ):
        yield subscribers


@pytest.fixture
async def strict(names: NameServer) -> AsyncIterator[Subscribers]:
    """May reach what is public, as in production."""
    async with (
        Resolver([], server=names.address) as resolver,
        Subscribers(resolver) as subscribers,
    ):
        yield subscribers


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with a second where fifteen are meant."""
    monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 1.0)
