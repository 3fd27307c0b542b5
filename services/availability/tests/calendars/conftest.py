"""A guarded client that may reach this machine, and adapters on it."""

from collections.abc import AsyncIterator

import pytest
from libs.common.tests.egress.clients import LOOPBACK
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.servers.caldav import CalDavAccount as ServerAccount


@pytest.fixture
async def guarded() -> AsyncIterator[GuardedClient]:
    async with (
        Resolver(LOOPBACK) as resolver,
        GuardedClient(WayOut(resolver), allow_http=True) as client,
    ):
        yield client


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
