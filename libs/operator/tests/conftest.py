from collections.abc import AsyncIterator
from typing import Any

import pytest
from libs.operator.tests.launched import Launcher

from linktime_local.testing.engines import state_folder


@pytest.fixture(scope="session")
async def launcher() -> AsyncIterator[Launcher]:
    """Run `linktime run` on a separate state folder until the end of the session."""
    with state_folder("launcher") as folder:
        launcher = Launcher(folder / "state")
        yield launcher
        await launcher.end()


@pytest.fixture
async def running(launcher: Launcher) -> dict[str, Any]:
    """Return stack.json of a running stack."""
    return await launcher.ensure_running()
