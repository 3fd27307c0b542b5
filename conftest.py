"""Makes the shared fixtures known to every test, and divides the tests among processes."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["linktime_local.testing.plugin"]

# The first that matches: the tests of one folder share a stack, which each process starts for
# itself, in 25 seconds of processor time.
SHARES_A_STACK = (
    "tests/faults/",
    "tests/web/",
    "tests/test_",
    "libs/operator/tests/commands/",
    "libs/operator/tests/test_",
)
# The files that may kill the RabbitMQ node of their own, whose start takes 5 seconds.
SHARE_A_NODE = tuple(
    f"libs/common/tests/messaging/test_{name}.py"
    for name in ("alarm", "deleted", "outages", "silence", "topology")
)


class FilesAndStacks(LoadFileScheduling):
    """Gives a process whole files, and all tests that share a stack or a node to one process."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SHARE_A_NODE):
            return SHARE_A_NODE[0]
        shared = (one for one in SHARES_A_STACK if nodeid.startswith(one))
        return next(shared, super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return FilesAndStacks(config, log) if config.option.dist == "loadfile" else None
