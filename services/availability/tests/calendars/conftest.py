"""A guarded client that may reach this machine, and adapters on it."""

from collections.abc import AsyncIterator

import pytest
from services.availability.tests.calendars.children import children, descriptors
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_common.egress.client import GuardedClient
from linktime_local.servers.caldav import ServerAccount
from linktime_local.testing.waiting import eventually


@pytest.fixture
def radicale(guarded: GuardedClient, caldav_account: ServerAccount) -> CalDavAdapter:
    """The adapter for a new user of the real server."""
    account = CalDavAccount(caldav_account.url, caldav_account.user, caldav_account.password)
    return CalDavAdapter(guarded, account)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    """A server whose answers the test writes."""
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
async def nothing_is_left() -> AsyncIterator[None]:
    """After each test there are no other children and descriptors than before."""
    before = children(), descriptors()
    yield
    await eventually(lambda: children() == before[0] and descriptors() <= before[1])
