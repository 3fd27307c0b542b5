"""CalDAV for tests: one server per run, a user with an empty calendar per test."""

import uuid
from collections.abc import AsyncIterator

import pytest

from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.testing.engines import state_folder


@pytest.fixture(scope="session")
async def caldav_server() -> AsyncIterator[CalDavServer]:
    """The server of the whole run. A test that stops it must start it again."""
    with state_folder("caldav") as folder:
        server = CalDavServer(folder / "state")
        await server.start()
        yield server
        await server.stop()


@pytest.fixture
async def caldav_account(caldav_server: CalDavServer) -> ServerAccount:
    """A new user of the server, with address, password and an empty calendar `meetings`."""
    return await caldav_server.add_account(f"user-{uuid.uuid4().hex[:12]}")
