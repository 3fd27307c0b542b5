"""Makes the shared fixtures known to every test, and divides the tests among processes."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["linktime_local.testing.plugin"]

# By the name of the stack that tests share, which each process starts for itself, in 25 seconds of
# processor time: the beginnings of their paths.
SHARES_A_STACK = {
    "faults": ("tests/faults/",),
    "web": ("tests/web/",),
    "tests": ("tests/test_",),
    "launcher": ("libs/operator/tests/commands/", "libs/operator/tests/test_"),
}


class FilesAndStacks(LoadFileScheduling):
    """Gives a process whole files, and all tests that share a stack to one process."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (name for name, paths in SHARES_A_STACK.items() if nodeid.startswith(paths))
        return next(shared, super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return FilesAndStacks(config, log) if config.option.dist == "loadfile" else None
