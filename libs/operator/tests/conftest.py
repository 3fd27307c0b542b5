from collections.abc import AsyncIterator
from typing import Any

import pytest
from libs.operator.tests.launched import Launcher

from linktime_local.testing.engines import state_folder


@pytest.fixture(scope="session")
async def launcher() -> AsyncIterator[Launcher]:
    """`linktime run` on a state folder of its own, stopped at the end of the run."""
    with state_folder("launcher") as folder:
        launcher = Launcher(folder / "state")
        yield launcher
        await launcher.end()


@pytest.fixture
async def running(launcher: Launcher) -> dict[str, Any]:
    """stack.json of a stack that runs."""
    return await launcher.ensure_running()
